"""The soak itself: a short one talks of everything without a wrong answer, and its judge tells a leak from noise."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.soak import Sample, drawn, judged, soak
from tests.measuring import TELLS


def samples(
    memory: Callable[[int], float],
    files: Callable[[int], int] = lambda n: 40,
    processor: Callable[[int], float] = lambda n: n * 0.7,
) -> list[Sample]:
    """Ten minutes' notes, with the noise of a real run; files and processor time by thousands of messages."""
    rng = random.Random(1)
    return [
        Sample(
            seconds=n * 2.0, messages=n * 1_000, memory=memory(n * 1_000) + rng.uniform(-1, 1), files=files(n),
            threads=4, processor=processor(n), disk=1.0, p50=1.0, p99=2.0,
        )
        for n in range(1, 300)
    ]  # fmt: skip


@pytest.mark.skipif(not TELLS, reason="The system does not tell a process's memory.")
async def test_a_short_soak_talks_of_everything(tmp_path: Path) -> None:
    """Every kind of call is answered as it should be, each sample is written down, and the gateway stops in order."""
    noted = tmp_path / "samples.jsonl"
    found = await soak(tmp_path, messages=600, speed=60, seed=1, noted=noted)
    assert found["wrong"] == []
    assert found["exit"] == 0
    assert found["log"] == ""
    assert {"message 201", "message 200", "message 409", "nonsense 400", "inbox 200"} <= found["statuses"].keys()
    assert found["samples"][-1]["messages"] >= 600
    assert found["samples"][-1]["memory"] > 10
    assert [json.loads(line) for line in noted.read_text().splitlines()] == found["samples"]


def test_noise_is_flat_and_so_is_what_grows_only_at_first() -> None:
    """Caches fill during the warm-up."""
    assert judged(samples(lambda n: 90))["flat"]
    assert judged(samples(lambda n: min(60 + n / 2_000, 90)))["flat"]


def test_a_leak_is_not_flat() -> None:
    """100 bytes of each message are enough to be seen."""
    found = judged(samples(lambda n: 90 + n * 0.0001))
    assert not found["flat"]
    assert 90 < found["memory_mb_per_million_messages"] < 110


def test_files_that_stay_open_are_not_flat() -> None:
    """One in a minute."""
    assert not judged(samples(lambda n: 90, lambda n: 40 + n // 8))["flat"]


def test_messages_that_cost_more_and_more_are_not_flat() -> None:
    """As where each reads what all before it have left behind."""
    found = judged(samples(lambda n: 90, processor=lambda n: 0.7 * n + 0.001 * n**2))
    assert not found["flat"]
    early, late = found["processor_us_per_message"]
    assert 800 < early < 1_000 < late


def test_the_picture_holds_every_sample() -> None:
    """Memory and files each as often as they were noted; what a message cost over stretches of them."""
    svg = drawn("<soak>", samples(lambda n: 90))
    curves = [part.split('"')[1].split() for part in svg.split("<polyline ")[1:]]
    assert [len(each) for each in curves] == [299, 299, 74]
    assert "&lt;soak&gt;" in svg
