"""What a desk forgets by itself, and when."""

from pathlib import Path

import msgspec
import pytest

from contracts.codec import encode
from contracts.reply import Inbox, InboxItem
from gateway.desk.housekeeping import _is_due
from tests.gateway.desk.between import between
from tests.gateway.desk.desks import INSPECTOR, SERVED, desks_at, staff, until_gone
from tests.journey.simulated import World
from tests.waiting import until


async def test_a_case_is_erased_with_all_that_was_kept_of_it_when_the_agreement_says(tmp_path: Path) -> None:
    """On both sides: case, events, receipts, deliveries. An open case stays, and so does what protects somebody."""
    world = World(tmp_path, {"record": "2 seconds"})
    async with world.gateway(), desks_at(world, world.address, *SERVED) as desks:
        prison, police, inspector = desks["prison-mdi"], desks["police-13"], desks["inspectorate-hmip"]
        ended, alive = [(await prison.ask("approach", crime=crime))["case"]["exchange"] for crime in ("13 1", "13 2")]
        for exchange in (ended, alive):
            await police.until(exchange, "contact-request")
        await police.read(ended)
        await police.decline(ended)
        await prison.post(f"cases/{ended}/cancel", {"staff": staff(), "why": "other"})
        await police.until(ended, "cancellation")
        search = {"staff": staff(*INSPECTOR), "why": "inspection", "about": ended}
        searched = (await inspector.post("searches", search))["jti"]

        for desk in (prison, police):
            came = {each["leaf"] for each in desk.seen if each["exchange"] == ended} - {None}
            await until_gone(desk, ended)
            for kept in ("cases?limit=500", "events", "receipts", "alarms"):
                assert ended not in str(await desk.get(kept))
            for leaf in came:
                assert (await desk.call("GET", f"deliveries/{leaf}"))[0] == 404
            assert (await desk.case(alive))["state"] == "with-police"
            assert alive in str(await desk.get("events"))
        (standing,) = (await police.get("standing-instructions"))["standing_instructions"]
        assert (standing["exchange"], standing["lifted_at"]) == (ended, None)

        async def forgotten() -> bool:
            return (await inspector.call("GET", f"receipts/{searched}"))[0] == 404

        await until(forgotten)


async def test_what_was_erased_does_not_come_back_by_an_old_delivery(tmp_path: Path) -> None:
    """The operator delivers the request again, with its true receipt: it is below the cursor, and no news."""
    world, kept = World(tmp_path, {"record": "1 second"}), list[InboxItem]()

    def again(path: str, body: bytes) -> bytes:
        if path != "/v1/inbox":
            return body
        inbox = msgspec.json.decode(body, type=Inbox)
        kept.extend(inbox.items)
        return encode(msgspec.structs.replace(inbox, items=(*kept[:1], *inbox.items)))

    async with (
        world.gateway(),
        between(world.address) as stand,
        desks_at(world, stand.url, "police-13") as holding,
        desks_at(world, world.address, "prison-mdi") as asking,
    ):
        prison, police = asking["prison-mdi"], holding["police-13"]
        stand.spoil = again
        first = (await prison.ask("approach"))["case"]["exchange"]
        await police.until(first, "contact-request")
        await prison.post(f"cases/{first}/cancel", {"staff": staff(), "why": "other"})
        await police.until(first, "cancellation")
        await until_gone(police, first)
        second = (await prison.ask("rotl-check"))["case"]["exchange"]
        await police.until(second, "contact-request")
        assert kept[0].exchange == first
        assert [case["exchange"] for case in (await police.get("cases"))["cases"]] == [second]


@pytest.mark.parametrize(("since", "at", "is_due"), [(None, 10**9, False), (100, 109, False), (100, 110, True)])
def test_retention_is_counted_from_the_end(since: int | None, at: int, is_due: bool) -> None:
    """To the second; what has not ended is never due."""
    assert _is_due(since, "10 seconds", at) == is_due
