"""The approach to a victim, as the holder records it; and when nobody may be approached."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.desk.desks import (
    OFFICER,
    REVIEWER,
    SERVED,
    Desk,
    Desks,
    Refused,
    desks_at,
    files_of,
    staff,
    until_gone,
)
from tests.journey.simulated import World

BY = {"staff": staff(*OFFICER)}
TOLD = ["what-rj-is", "what-they-may-gain", "may-stop-at-any-time"]


async def asked(desks: Desks, **changes: Any) -> str:
    exchange = str((await desks["prison-mdi"].ask("approach", **changes))["case"]["exchange"])
    await desks["police-13"].until(exchange, "contact-request")
    return exchange


async def stopped(police: Desk, exchange: str) -> Refused:
    with pytest.raises(Refused) as refused:
        await police.post(f"cases/{exchange}/approach/try", BY | {"how": "phone", "result": "not-reached"})
    return refused.value


async def test_an_approach_goes_step_by_step_and_fills_in_the_answer(desks: Desks) -> None:
    """Planned, tried, told all three things, then a yes: what the answer's consent needs is there."""
    police = desks["police-13"]
    exchange = await asked(desks)
    await police.read(exchange)
    path = f"cases/{exchange}/approach"
    assert (await police.get(path))["decision"] == "none"
    await police.post(f"{path}/plan", BY | {"channel": "phone", "times": " Tuesdays after 18:00, my sister answers "})
    await police.post(f"{path}/try", BY | {"how": "phone", "result": "not-reached", "at": int(time.time()) - 7200})
    await police.post(f"{path}/try", BY | {"how": "phone", "result": "reached"})
    yes = BY | {"decision": "yes", "given_by": "victim", "how": "by-phone"}
    with pytest.raises(Refused) as uninformed:
        await police.post(f"{path}/decide", yes)
    assert uninformed.value.status == 409
    await police.post(f"{path}/tell", BY | {"told": TOLD[:2]})
    await police.post(f"{path}/tell", BY | {"told": TOLD[1:]})
    for wrong in ({"decision": "thinking"}, {"how": None}, {"valid_until": 1}):
        with pytest.raises(Refused) as faulty:
            await police.post(f"{path}/decide", yes | wrong)
        assert faulty.value.status == 422
    done = await police.post(f"{path}/decide", yes)
    assert done["times"] == "Tuesdays after 18:00, my sister answers"
    assert [each["result"] for each in done["tries"]] == ["not-reached", "reached"]
    assert [(each["what"], each["by"]) for each in done["told"]] == [(what, "p100") for what in TOLD]
    answer = BY | {"outcome": "agreed", "consent": done["consent"]}
    assert (await police.post(f"cases/{exchange}/answer", answer))["case"]["state"] == "agreed"
    assert (await stopped(police, exchange)).status == 409
    assert (await police.get(path))["decision"] == "yes"


async def test_nobody_is_approached_past_an_instruction_a_duplicate_a_review_or_unread(desks: Desks) -> None:
    """Each stops every step, with its code; what is no longer in the way stops nothing."""
    police = desks["police-13"]
    unread = await asked(desks, crime="13 1")
    assert "Read the request first" in (await stopped(police, unread)).problem["detail"]

    await police.read(unread)
    duplicate = str((await desks["prison-lei"].ask("approach", crime="13 1"))["case"]["exchange"])
    await police.until(duplicate, "contact-request")
    await police.read(duplicate)
    assert (await stopped(police, duplicate)).code == "R16"

    instruct = BY | {"crime_reference": "13-1"}
    instruction = await police.post("standing-instructions", instruct)
    assert (await stopped(police, unread)).code == "R06"
    await police.post(f"standing-instructions/{instruction['id']}/lift", BY)
    await police.post(f"cases/{unread}/approach/plan", BY | {"channel": "letter"})

    sensitive = await asked(desks, crime="13 2", sensitivities=["hate"])
    await police.read(sensitive)
    assert "review" in (await stopped(police, sensitive)).problem["detail"]
    await police.review(sensitive, "proceed", REVIEWER)
    await police.post(f"cases/{sensitive}/approach/plan", BY | {"channel": "in-person"})


async def test_after_a_no_there_is_no_next_try(desks: Desks) -> None:
    """Before it is answered too; a victim who comes back is asked by recording what they say now."""
    police = desks["police-13"]
    exchange = await asked(desks)
    await police.read(exchange)
    path = f"cases/{exchange}/approach"
    await police.post(f"{path}/decide", BY | {"decision": "no"})
    assert "said no" in (await stopped(police, exchange)).problem["detail"]
    with pytest.raises(Refused):
        await police.post(f"{path}/plan", BY | {"channel": "phone"})
    await police.post(f"{path}/decide", BY | {"decision": "thinking"})
    await police.post(f"{path}/try", BY | {"how": "phone", "result": "asked-to-call-later"})


async def test_two_people_at_one_case_lose_nothing(desks: Desks) -> None:
    """Ten tries and three things told, all at once: all of them are there."""
    police = desks["police-13"]
    exchange = await asked(desks)
    await police.read(exchange)
    path = f"cases/{exchange}/approach"
    tries = [police.post(f"{path}/try", BY | {"how": "phone", "result": "not-reached"}) for _ in range(10)]
    told = [police.post(f"{path}/tell", BY | {"told": [what]}) for what in TOLD]
    await asyncio.gather(*tries, *told)
    kept = await police.get(path)
    assert (len(kept["tries"]), {each["what"] for each in kept["told"]}) == (10, set(TOLD))


async def test_an_approach_stays_at_the_desk_and_is_erased_with_its_case(tmp_path: Path) -> None:
    """Nothing of it in clear on disk, nothing at the prison, nothing when the case is forgotten."""
    world = World(tmp_path, {"record": "2 seconds"})
    async with world.gateway(), desks_at(world, world.address, *SERVED) as desks:
        police, prison = desks["police-13"], desks["prison-mdi"]
        exchange = await asked(desks)
        await police.read(exchange)
        path = f"cases/{exchange}/approach"
        await police.post(f"{path}/plan", BY | {"channel": "phone", "times": "my sister answers"})
        assert b"my sister" not in files_of(tmp_path)
        assert (await prison.call("GET", path))[0] == 404
        with pytest.raises(Refused) as role:
            await police.post(f"{path}/plan", {"staff": staff("x", "residential-officer"), "channel": "phone"})
        assert role.value.code == "R04"
        await prison.post(f"cases/{exchange}/cancel", {"staff": staff(), "why": "other"})
        await until_gone(police, exchange)
        assert (await police.call("GET", path))[0] == 404
