"""Losses of power and failures of the disk, the short form; and a disk that lies, which must be found out."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.disk import Step
from tests.faults.disk_errors import fail_everywhere
from tests.faults.power import honest, lose_power

pytestmark = pytest.mark.sqlite


def silent(more: int, total: int | None = None) -> None:
    """No bar."""


def test_nothing_acknowledged_is_lost_with_the_power(tmp_path: Path) -> None:
    found = asyncio.run(lose_power(tmp_path, 1, 29, 7, silent, honest))
    assert found["found"] == []
    assert found["starts"] > 20


@pytest.mark.parametrize("file", ["gateway.db-wal", "slots.bin"])
def test_a_disk_that_only_says_it_has_synced_is_found_out(tmp_path: Path, file: str) -> None:
    """The control: where syncs do nothing, the same check finds what is lost."""

    def lies(step: Step) -> bool:
        return step.what == "sync" and step.path.endswith(file)

    found = asyncio.run(lose_power(tmp_path, 1, 29, 7, silent, lies))
    assert found["faults"] > 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # apsw tells what SQLite passes over
def test_a_disk_that_fails_anywhere_loses_nothing(tmp_path: Path) -> None:
    found = asyncio.run(fail_everywhere(tmp_path, 61, silent))
    assert found["found"] == []
    assert found["refused"]["urn:rj:problem:not-recorded"] > 0
    assert found["refused"]["at the start"] > 0
