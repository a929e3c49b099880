"""A prisoner who moves: the old prison hands the case on, the new one takes it over, and the police see one journey."""

import pytest

from gateway.desk.errors import Typed
from gateway.desk.transfer import reference
from tests.gateway.desk.desks import OFFICER, VALUES, Desks, Refused, request, staff


async def test_a_case_moves_with_its_prisoner(desks: Desks) -> None:
    """Handed on, taken over by the reference on the slip, answered to the new prison: it is no duplicate of the old."""
    old, new, police = desks["prison-mdi"], desks["prison-lei"], desks["police-13"]
    first = (await old.ask())["case"]["exchange"]
    await police.until(first, "contact-request")
    await police.read(first)
    handed = await old.post(f"cases/{first}/hand-on", {"staff": staff()})
    slip = handed["slip"]
    assert (slip["reference"], slip["holder"], slip["prison_number"]) == (first, "police-13", "A1234BC")
    assert (handed["spoken"]["case"]["state"], "state" in slip) == ("cancelled", False)
    await police.until(first, "cancellation")
    await old.until(first, "handed-on")

    typed = slip["reference"].upper().replace("-", " ")
    taken = await new.post("take-overs", {"reference": typed, "request": request(staff=staff("n77"))})
    second = taken["case"]["exchange"]
    assert (taken["case"]["state"], taken["case"]["follows"]) == ("with-police", first)
    await police.until(second, "contact-request")
    read = await police.read(second)
    assert (read["findings"], read["case"]["follows"]) == ([], first)
    await police.post(f"cases/{second}/approach/plan", {"staff": staff(*OFFICER), "channel": "phone"})
    await police.share(second, VALUES)
    await new.until(second, "contact-answer")
    assert (await new.open(second))["values"]["preferred_name"] == VALUES["preferred_name"]
    assert (await old.call("GET", f"cases/{second}"))[0] == (await new.call("GET", f"cases/{first}"))[0] == 404


async def test_a_case_that_was_not_handed_on_makes_the_new_prisons_request_a_duplicate(desks: Desks) -> None:
    """Live at the old prison still: the police find R16, and no longer once it is cancelled."""
    old, new, police = desks["prison-mdi"], desks["prison-lei"], desks["police-13"]
    first = (await old.ask("approach"))["case"]["exchange"]
    await police.until(first, "contact-request")
    await police.read(first)
    second = (await new.post("take-overs", {"reference": first, "request": request("approach")}))["case"]["exchange"]
    await police.until(second, "contact-request")
    assert [found["code"] for found in (await police.read(second))["findings"]] == ["R16"]
    await old.post(f"cases/{first}/hand-on", {"staff": staff()})
    await police.until(first, "cancellation")
    assert (await police.read(second))["findings"] == []


async def test_only_a_live_case_is_handed_on_and_by_the_coordinator(desks: Desks) -> None:
    """Its slip can be printed again after; nobody takes over from their own agency."""
    old = desks["prison-mdi"]
    first = (await old.ask("approach"))["case"]["exchange"]
    with pytest.raises(Refused) as role:
        await old.post(f"cases/{first}/hand-on", {"staff": staff("r1", "residential-officer")})
    assert role.value.code == "R04"
    with pytest.raises(Refused) as own:
        await old.post("take-overs", {"reference": first, "request": request("approach", crime="13 9")})
    assert [fault["name"] for fault in own.value.problem["faults"]] == ["reference"]
    await old.post(f"cases/{first}/hand-on", {"staff": staff()})
    with pytest.raises(Refused) as twice:
        await old.post(f"cases/{first}/hand-on", {"staff": staff()})
    assert twice.value.status == 409
    assert (await old.post(f"cases/{first}/hand-over-slip", {"staff": staff()}))["reference"] == first


@pytest.mark.parametrize("typed", ["", "0197", "01975a00-0000-4000-8000-000000000000", "ü" * 32, "0" * 33])
def test_what_is_no_reference_is_refused(typed: str) -> None:
    """In words, and without a trace of what was typed."""
    with pytest.raises(Typed) as refused:
        reference(typed)
    assert typed == "" or typed not in str(refused.value)
