"""The clock is set forward and back under load, the short form."""

import asyncio
from pathlib import Path

import pytest

from gateway import clock
from tests.faults import clients
from tests.faults.clocks import stepped


def test_a_clock_that_is_set_under_load_breaks_nothing(tmp_path: Path) -> None:
    found = asyncio.run(stepped(tmp_path, 8, 5, lambda _: None))
    assert found["found"] == []
    assert found["faults"] == 0
    assert found["steps"].keys() & {"+7200 s", "+86400 s", "+2592000 s"}


def test_a_gateway_that_believes_any_clock_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: its log is in the future once and for all, and takes nothing of the present any more."""
    monkeypatch.setattr(clock, "JUMP", 10**9)
    monkeypatch.setattr(clients, "TRIES", 100)
    with pytest.raises(ExceptionGroup):
        asyncio.run(stepped(tmp_path, 8, 5, lambda _: None))
