"""The log, checked by programs that are not ours. Where they are not installed these tests are not collected, and a
line says so; on a build server (CI=true) they run, and fail.
"""

import os
from typing import Final

import pytest

from tests.independent.tools import AICS, GO

ALL_THERE: Final = GO.exists() and all(package.exists() for package in AICS)
IN_CI: Final = os.environ.get("CI") == "true"
NOT_RUN: Final = (
    "tests/independent was not run: the log was not checked by verifiers of others. Get them: make independent"
)

collect_ignore_glob = [] if ALL_THERE or IN_CI else ["test_*.py"]


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    assert ALL_THERE, "The independent verifiers are missing. Run `make independent`."


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line(NOT_RUN)
