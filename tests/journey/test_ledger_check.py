"""The checker that every journey ends with can itself fail: each thing that it watches, broken on purpose."""

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from tests.journey.database import change
from tests.journey.ledger_check import Event, check_hand_overs, check_ledger, checked
from tests.journey.simulated import Side, World, claims_of


async def _journey(folder: Path) -> Side:
    """A whole exchange and enough besides for a stored node; the gateway has stopped."""
    async with checked(World(folder)) as side:
        request = side.request()
        await side.send(request)
        exchange = claims_of(request).exchange
        answer = side.answer(exchange)
        await side.send(answer)
        await side.send(side.open("prison-mdi", exchange, claims_of(answer).jti, ("safe_times",)))
        for _ in range(14):
            await side.send(side.request())
        await side.send(side.recall(exchange, claims_of(answer).jti))
    return side


@pytest.mark.parametrize(
    "damage",
    [
        "update leaf set body = (select body from leaf where i = 2) where i = 3",
        "delete from leaf where i = 4",
        "update node set hash = (select root from tree where size = 3)",
        "delete from node",
        "update tree set root = (select root from tree where size = 4) where size = 5",
        "update leaf set day = day + 1 where i = 3",
        "update leaf set exchange = 'another' where i = 3",
        "update leaf set record = null where i = 3",
        "update leaf set record = null, erased_by = 7 where i = 3",
        "update leaf set erased_by = 7 where i = 3",
        "delete from message where i = 3",
        "update message set i = 100000 where i = 3",
        "delete from exchange",
        "insert into doomed values (1, 'values')",
        "update leaf set record = (select record from leaf where i = 2) where i = 3",
    ],
)
async def test_damage_to_the_database_is_seen(tmp_path: Path, damage: str) -> None:
    """One row changed or gone, and the check of the very same log fails."""
    side = await _journey(tmp_path)
    check_ledger(side)
    change(side.world, damage)
    with pytest.raises((AssertionError, InvalidTag)):
        check_ledger(side)


async def test_a_receipt_of_another_log_is_seen(tmp_path: Path) -> None:
    """A receipt whose leaf is not in this log, as after a restored backup."""
    side = await _journey(tmp_path / "one")
    other = await _journey(tmp_path / "other")
    side.receipts += other.receipts
    with pytest.raises(AssertionError):
        check_ledger(side)


async def test_hand_overs_that_must_not_be_are_seen(tmp_path: Path) -> None:
    """Without a request, without a yes, of another field, after an end, or after a correction."""
    side = await _journey(tmp_path)
    events = [event for event in check_ledger(side) if event.shared.exchange == _opened(side).shared.exchange]
    names = [event.shared.event for event in events]
    assert names == ["contact-request", "contact-answer", "open", "recall", "erased"]
    request, answer, opened, recall, erased = events
    check_hand_overs([request, answer, opened])
    wider = Event(opened.index, opened.shared, opened.exact, opened.body | {"fields": ["safe_times", "home_address"]})
    for wrong in (
        [answer, opened],
        [request, opened],
        [request, answer, wider],
        [request, answer, recall, opened],
        [request, answer, erased, opened],
        [request, answer, answer, opened],
    ):
        with pytest.raises((AssertionError, StopIteration)):
            check_hand_overs(wrong)


def _opened(side: Side) -> Event:
    return next(event for event in check_ledger(side) if event.shared.event == "open")
