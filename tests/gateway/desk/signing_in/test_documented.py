"""The guide to sign-in says what the program does: its example loads, and each word of the log is explained."""

import ast
import re
from pathlib import Path

from gateway.config import load_desk

ROOT = Path(__file__).parents[4]
GUIDE = (ROOT / "docs" / "how-to" / "connect-sign-in.md").read_text()
SOURCES = sorted((ROOT / "gateway" / "desk" / "pages" / "signing_in").glob("*.py"))
ERRORS = {"StartAgain", "NotFinished", "AccountNotReady", "NotVouched", "ProviderAway"}


def test_the_settings_in_the_guide_load(tmp_path: Path) -> None:
    """As they stand there, beside the agencies that they name."""
    example = re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    assert example is not None
    file = tmp_path / "desk.toml"
    file.write_text(example[1] + '[[agency]]\nfolder = "prison-mdi"\nunlock = "unlock.key"\n')
    (sign_in,) = load_desk(file, {}).sign_in
    assert f"/sign-in/back/{sign_in.id}" in GUIDE


def test_each_reason_in_the_log_is_explained() -> None:
    """Whoever looks after a desk finds the word in the guide."""
    calls = [node for file in SOURCES for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    raised = [
        call.args[-1] for call in calls if isinstance(call.func, ast.Name) and call.func.id in ERRORS and call.args
    ]
    words = {word.value for word in raised if isinstance(word, ast.Constant)}
    assert len(words) > 30
    explained = {word for word in words if f"`{word}`" in GUIDE or word.startswith("discovery-")}
    assert words - explained == set()
