"""The styles and scripts that the build made (docs/adr/0020)."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from gateway.desk.pages.assets import FOLDER, NotBuilt, asset, newest_build

ROOT = Path(__file__).parents[2]
FRONT_END = ROOT / "gateway" / "desk" / "pages" / "frontend"


@pytest.fixture(scope="module")
def style() -> str:
    return (newest_build() / "desk.css").read_text("utf-8")


def test_the_font_and_the_arms_of_gov_uk_are_left_to_gov_uk(style: str) -> None:
    """No GDS Transport, no font file, no crown and no royal arms."""
    assert "GDS Transport" not in style
    assert "@font-face" not in style
    names = {path.name for path in newest_build().rglob("*") if path.is_file()}
    assert not [name for name in names if re.search(r"crest|crown|govuk-icon|\.woff", name)]


def test_all_that_the_style_sheet_loads_lies_beside_it(style: str) -> None:
    """Each `url(…)` is a file of this build: nothing is fetched from elsewhere, and nothing is missing."""
    urls = re.findall(r"url\(\"?([^)\"]*)\"?\)", style)
    assert urls
    assert not [url for url in urls if not (newest_build() / url).is_file()]
    assert "@import" not in style


def test_the_style_sheet_has_both_frameworks_and_our_own_layer(style: str) -> None:
    """A component of each is in it."""
    for name in (".govuk-error-summary", ".moj-timeline", ".moj-filter", ".moj-banner", ".desk-print-only"):
        assert name in style


def test_a_script_imports_only_what_was_built() -> None:
    """Our modules name their neighbours in the same folder."""
    build = newest_build()
    for script in (FRONT_END.parent / "scripts").glob("*.js"):
        named = re.findall(r"from '([^']+)'", script.read_text("utf-8"))
        assert not [name for name in named if not (name.startswith("./") and (build / name).is_file())]
        assert (build / script.name).read_bytes() == script.read_bytes()


def test_an_address_holds_the_digest_of_what_it_was_made_from() -> None:
    """So a browser may keep what it has loaded for ever."""
    assert re.fullmatch(r"/assets/[0-9a-f]{16}/desk\.css", asset("desk.css"))
    assert (FOLDER.parent / asset("images/favicon.svg").removeprefix("/")).is_file()


def test_an_asset_that_is_not_there_is_said_to_be_missing() -> None:
    """A slip in a template shows when the page is made, and not as a page without styles."""
    with pytest.raises(NotBuilt, match=r"no desk\.png among"):
        asset("desk.png")


def test_the_lock_file_says_what_and_not_where_from() -> None:
    """Every npm package is pinned by digest, and no address of a registry is written down."""
    text = (FRONT_END / "package-lock.json").read_text("utf-8")
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    assert len(packages) > 5
    assert not [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")]
    assert "resolved" not in text
    assert ".tgz" not in text


def test_each_npm_package_is_asked_for_in_one_version() -> None:
    """What package.json names is exact, and the macros of Python are those of its govuk-frontend."""
    wanted = json.loads((FRONT_END / "package.json").read_text("utf-8"))["dependencies"]
    assert not [version for version in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]


def test_what_is_built_is_not_committed() -> None:
    """The assets folder is ignored, and git tracks nothing in it."""
    ignored = subprocess.run(["git", "check-ignore", "-q", str(FOLDER / "any" / "desk.css")], cwd=ROOT, check=False)
    if ignored.returncode == 128:
        pytest.skip("this is no git work tree")
    assert ignored.returncode == 0
    tracked = subprocess.run(["git", "ls-files", str(FOLDER)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert tracked.stdout == ""
