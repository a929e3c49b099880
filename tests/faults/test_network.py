"""A bad network between all parties, the short form."""

import asyncio
import gc
from pathlib import Path

import pytest

from tests.faults.network import storm
from tests.faults.proxy import Weather

HARSH = Weather(delay=0.3, stall=0.01, cut=0.03, twice=0.1, late=0.1, again=0.1)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_nothing_is_lost_nor_doubled_on_a_bad_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    monkeypatch.setenv("RJ_STORE", store)
    found = asyncio.run(storm(tmp_path, store, 4, 1, HARSH, lambda _: None))
    gc.collect()  # a connection that the proxy has left open is blamed here, and on no later test
    assert found["faults"] == 0
    assert found["unknown"] > 0, "no call has been hit"
    assert found["cosigned lines"] > 0
    assert {"delay", "cut", "twice", "late", "again"} <= found["network"].keys()
