"""Residential staff refer, the coordinator takes up; and what of it who may know."""

import time
from pathlib import Path

import pytest

from tests.gateway.desk.desks import SERVED, Desks, Refused, desks_at, files_of, staff
from tests.journey.simulated import World
from tests.waiting import until

RESIDENTIAL = staff("residential-42", "residential-officer", "none")


def referral(**changes: object) -> dict[str, object]:
    given = {"staff": RESIDENTIAL, "prison_number": "a1234 bc", "offender": "Rhys Ó Briain", "why": "He asked me how."}
    return given | changes


async def test_a_referral_becomes_a_request_and_whoever_made_it_sees_no_more_than_that(quick: Desks) -> None:
    """Waiting, in a draft, asked; and nothing changes for residential staff when the answer comes."""
    prison = quick["prison-mdi"]
    made = await prison.post("referrals", referral())
    assert (made["prison_number"], made["state"]) == ("A1234BC", "waiting")
    assert [each["id"] for each in (await prison.get("referrals?state=waiting"))["referrals"]] == [made["id"]]
    await prison.post(f"referrals/{made['id']}/take", {"staff": staff(), "draft": made["id"]})
    assert (await standing(prison))["words"] == "With the restorative justice coordinator"
    exchange = (await prison.ask("approach"))["case"]["exchange"]
    taken = await prison.post(f"referrals/{made['id']}/take", {"staff": staff(), "exchange": exchange})
    assert (taken["state"], taken["exchange"], taken["draft"]) == ("taken", exchange, None)
    before = await standing(prison)
    assert (before["words"], "exchange" in before) == ("A request has been made", False)
    await prison.until(exchange, "notice-cannot-proceed")
    assert await standing(prison) == before
    assert (await prison.until(None, "referral-taken"))["record"] == made["id"]


async def test_residential_staff_refer_and_do_nothing_else(desks: Desks) -> None:
    """Not another's referral, not the coordinator's work, and not a request (clause 4.1)."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    made = await prison.post("referrals", referral())
    other = staff("r43", "residential-officer", "none")
    assert (await prison.post("referrals/mine", {"staff": other}))["referrals"] == []
    for path, body in (("take", {}), ("put-back", {}), ("close", {"reason": "other"})):
        with pytest.raises(Refused) as refused:
            await prison.post(f"referrals/{made['id']}/{path}", {"staff": RESIDENTIAL} | body)
        assert (refused.value.status, refused.value.code) == (403, "R04")
    with pytest.raises(Refused) as asked:
        await prison.ask("approach", staff=RESIDENTIAL)
    assert asked.value.code == "R04"
    with pytest.raises(Refused) as chaplain:
        await prison.post("referrals", referral(staff=staff("c1", "chaplain")))
    assert chaplain.value.code == "R04"
    with pytest.raises(Refused) as elsewhere:
        await police.post("referrals", referral())
    assert elsewhere.value.status == 404


async def test_every_fault_is_named_at_once_and_nothing_is_repeated(desks: Desks) -> None:
    """A number that is none, no reason, a course without its day."""
    prison = desks["prison-mdi"]
    with pytest.raises(Refused) as refused:
        await prison.post("referrals", referral(prison_number="1234ABC", why=" ", kind="course-completed"))
    faults = {fault["name"] for fault in refused.value.problem["faults"]}
    assert (refused.value.status, faults) == (422, {"prison_number", "why", "course", "completed_on"})
    assert "1234ABC" not in str(refused.value.problem)
    course = {"kind": "course-completed", "course": "Sycamore Tree", "completed_on": "2026-09-01"}
    with pytest.raises(Refused):
        await prison.post("referrals", referral(**course | {"completed_on": "2999-01-01"}))
    with pytest.raises(Refused):
        await prison.post("referrals", referral(course="Sycamore Tree"))
    assert (await prison.post("referrals", referral(**course)))["course"] == "Sycamore Tree"


async def test_a_closed_referral_stays_closed_and_its_reason_is_the_coordinators(desks: Desks) -> None:
    """Closed once, not taken after; whoever referred sees that it is closed, and not why."""
    prison = desks["prison-mdi"]
    made = await prison.post("referrals", referral())
    await prison.post(f"referrals/{made['id']}/take", {"staff": staff()})
    assert (await prison.post(f"referrals/{made['id']}/put-back", {"staff": staff()}))["state"] == "waiting"
    closing = {"staff": staff(), "reason": "prisoner-changed-mind"}
    assert (await prison.post(f"referrals/{made['id']}/close", closing))["reason"] == "prisoner-changed-mind"
    for path, body in (("close", closing), ("take", {"staff": staff()}), ("put-back", {"staff": staff()})):
        with pytest.raises(Refused) as late:
            await prison.post(f"referrals/{made['id']}/{path}", body)
        assert late.value.status == 409
    mine = await standing(prison)
    assert (mine["standing"], "changed" in str(mine)) == ("closed", False)


async def test_referrals_are_encrypted_and_forgotten(tmp_path: Path) -> None:
    """Nothing of one in clear on disk; closed, it goes when the agreement's retention is over, with its events."""
    world = World(tmp_path, {"record": "2 seconds"})
    async with world.gateway(), desks_at(world, world.address, *SERVED) as desks:
        prison = desks["prison-mdi"]
        kept, gone = [await prison.post("referrals", referral()) for _ in range(2)]
        kept_on_disk = files_of(tmp_path / "desks")
        assert not any(
            word.encode() in kept_on_disk for word in ("A1234BC", "Briain", "asked me how", "residential-42")
        )
        await prison.post(f"referrals/{gone['id']}/close", {"staff": staff(), "reason": "other"})

        async def forgotten() -> bool:
            return gone["id"] not in str(await prison.get("referrals")) + str(await prison.get("events"))

        await until(forgotten)
        assert kept["id"] in str(await prison.get("referrals"))
        assert time.time() > kept["at"]


async def standing(prison: object) -> dict[str, object]:
    (mine,) = (await prison.post("referrals/mine", {"staff": RESIDENTIAL}))["referrals"]  # type: ignore[attr-defined]
    return mine  # type: ignore[no-any-return]
