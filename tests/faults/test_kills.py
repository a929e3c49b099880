"""The kill loops' short form; and the checker, which must find each thing that they look for."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from contracts.event import Shared
from tests.faults.checker import Seen, faults
from tests.faults.history import Call
from tests.faults.kills import killing
from tests.faults.runs import witnessed
from tests.journey.simulated import World

KILLS = 12


class Run(msgspec.Struct):
    """A run, to be falsified."""

    world: World
    calls: list[Call]
    seen: Seen

    def faults(self) -> set[str]:
        """The rules that do not hold."""
        return {fault.split(":")[0] for fault in faults(self.calls, self.seen, self.world.vkey)}

    def call(self, fits: Callable[[Call], bool]) -> Call:
        """The first acknowledged call that fits."""
        return next(call for call in self.calls if call.acknowledged and fits(call))

    def without(self, index: int) -> Seen:
        """What is seen where the inspector's line of this index is gone."""
        return self.seeing({at: line for at, line in self.seen.lines.items() if at != index})

    def seeing(self, lines: dict[int, Shared]) -> Seen:
        """What is seen with these lines."""
        return msgspec.structs.replace(self.seen, lines=lines)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One world of kills, on SQLite."""
    world = World(tmp_path_factory.mktemp("kills"))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RJ_STORE", raising=False)
        return Run(world, *asyncio.run(witnessed(world, 1, 1, killing(KILLS))))


@pytest.fixture
def run(kept: Run) -> Run:
    """The same, to change."""
    calls = [msgspec.structs.replace(call) for call in kept.calls]
    return Run(kept.world, calls, kept.seen)


def test_nothing_is_lost_by_kills(run: Run) -> None:
    assert run.faults() == set()
    assert any(call.ended is None for call in run.calls), "no kill has hit a call"
    assert any(call.handed for call in run.calls)


def test_nothing_is_lost_by_kills_of_two_nodes_on_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RJ_STORE", "postgres")
    world = World(tmp_path)
    calls, seen = asyncio.run(witnessed(world, 2, 2, killing(KILLS)))
    assert faults(calls, seen, world.vkey) == []


def test_a_lost_message_is_found(run: Run) -> None:
    lost = run.call(lambda call: call.kind == "contact-answer").leaf
    assert lost is not None
    run.seen = run.without(lost)
    assert run.faults() == {"acknowledged", "invented"}  # the line stands in the log, and stands for nothing


def test_another_decision_than_was_given_is_found(run: Run) -> None:
    run.call(lambda call: call.decision == "accepted").decision = "refused"
    assert "acknowledged" in run.faults()


def test_an_invented_message_is_found(run: Run) -> None:
    of = run.call(lambda call: call.kind == "contact-request")
    run.calls = [call for call in run.calls if call.jti != of.jti]
    assert "invented" in run.faults()


def test_two_decisions_are_found(run: Run) -> None:
    of = run.call(lambda call: call.kind == "contact-request")
    run.calls.append(msgspec.structs.replace(of, leaf=(of.leaf or 0) + 1))
    assert "one decision" in run.faults()


def test_two_lines_of_one_message_are_found(run: Run) -> None:
    index, line = next((at, line) for at, line in run.seen.lines.items() if line.jti)
    run.seen = run.seeing({**run.seen.lines, max(run.seen.lines) + 1: line, index: line})
    assert run.faults() == {"one decision"}


def test_a_second_hand_over_is_found(run: Run) -> None:
    run.calls.append(msgspec.structs.replace(run.call(lambda call: bool(call.handed))))
    assert run.faults() == {"released once"}


def test_a_hand_over_after_a_recall_is_found(run: Run) -> None:
    recall = run.call(lambda call: call.kind == "recall" and call.decision == "accepted")
    opened = run.call(lambda call: call.kind == "open" and (call.exchange, call.of) == (recall.exchange, recall.of))
    late = max(call.ended or 0 for call in run.calls) + 1
    run.calls.append(msgspec.structs.replace(opened, began=late, ended=late + 1, jti="late", handed=("value",)))
    assert "recall" in run.faults()


def test_a_line_before_its_time_is_found(run: Run) -> None:
    first = run.call(lambda call: call.leaf is not None)
    last = max((call for call in run.calls if call.acknowledged), key=lambda call: call.began)
    first.leaf, last.leaf = last.leaf, first.leaf
    assert "in order" in run.faults()


def test_a_second_history_is_found(run: Run) -> None:
    run.seen = msgspec.structs.replace(run.seen, leaves=[*run.seen.leaves[:-1], run.seen.leaves[0]])
    assert "one history" in run.faults()


@pytest.mark.parametrize("ids", [lambda ids: ids[1:], lambda ids: [*ids, ids[0]], lambda ids: [*ids, "of-nobody"]])
def test_an_inbox_that_is_not_what_was_accepted_is_found(run: Run, ids: Callable[[list[str]], list[str]]) -> None:
    inbox = [*run.seen.inboxes["police-13"]]
    run.seen = msgspec.structs.replace(run.seen, inboxes={**run.seen.inboxes, "police-13": ids(inbox)})
    assert run.faults() == {"delivered"}


def test_a_no_that_lies_in_an_inbox_is_found(run: Run) -> None:
    run.call(lambda call: call.kind == "contact-answer" and call.decision == "accepted").hidden = True
    assert run.faults() == {"delivered"}
