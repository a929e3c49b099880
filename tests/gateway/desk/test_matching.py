"""Crime references as people type them: a "no further contact" is found however the crime was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.desk.matching import crime_key
from tests.gateway.desk.desks import OFFICER, Desks, staff

WAYS = (
    "13 272661805", "13272661805", "13-272661805", "13/272661805", "13 / 272661805", "13/0272661805", "13.272661805",
    "013/272661805", "13/2726618O5", "l3/27266i805",
)  # fmt: skip
OTHERS = ("13 272661806", "14 272661805", "13 27266185 A", "AB/13/272661805", "13 727661805")


def test_every_way_of_typing_one_reference_is_one_crime() -> None:
    """Separators, spaces, zeros that pad, and letters that look like digits."""
    assert {crime_key(way) for way in WAYS} == {crime_key(WAYS[0])}
    assert all(crime_key(other) != crime_key(WAYS[0]) for other in OTHERS)


@given(st.lists(st.text("123456789ABCDEF", min_size=1), min_size=1), st.data())
def test_separators_and_padding_never_change_the_crime(parts: list[str], data: st.DataObject) -> None:
    """Wherever a part begins, and even if nobody can tell any more."""
    padded = ["0" * data.draw(st.integers(0, 3)) + part for part in parts]
    joined = "".join(part + data.draw(st.sampled_from(["", " ", "/", "-", "."])) for part in padded)
    assert crime_key(joined.lower()) == "".join(parts).translate(str.maketrans("OIL", "011"))


@pytest.mark.parametrize("way", WAYS[1:6])
async def test_a_no_is_found_however_the_crime_was_typed(desks: Desks, way: str) -> None:
    """R06 for another prison's request, and R16 for a live one of the same offender."""
    prison, other, police = desks["prison-mdi"], desks["prison-lei"], desks["police-13"]
    first = (await prison.ask("approach", crime=WAYS[0]))["case"]["exchange"]
    await police.until(first, "contact-request")
    await police.read(first)
    second = (await other.ask("approach", crime=way))["case"]["exchange"]
    await police.until(second, "contact-request")
    assert [found["code"] for found in (await police.read(second))["findings"]] == ["R16"]
    await police.decline(first)
    assert [found["code"] for found in (await police.read(second))["findings"]] == ["R06"]


@pytest.mark.parametrize("typed", [False, True])
async def test_another_crime_of_the_same_offender_asks_for_a_look_and_stops_nothing(desks: Desks, typed: bool) -> None:
    """Possibly the same victim: said without a code, until the instruction is lifted. One typed in counts too."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    first = (await prison.ask("approach", crime="13 1"))["case"]["exchange"]
    await police.until(first, "contact-request")
    await police.read(first)
    if typed:
        await police.post("standing-instructions", {"staff": staff(*OFFICER), "crime_reference": "13/1"})
    else:
        await police.decline(first)

    second = (await prison.ask("approach", crime="13 2"))["case"]["exchange"]
    stranger = (await prison.ask("approach", crime="13 3", pnc_id="2004/1058757H", prison_number="A9999ZZ"))["case"]
    await police.until(stranger["exchange"], "contact-request")
    assert (await police.read(stranger["exchange"]))["findings"] == []
    (found,) = (await police.read(second))["findings"]
    assert (found["code"], found["words"].partition(":")[0]) == (None, "Possibly the same victim")
    assert (await police.case(second))["findings"] == [found]

    (standing,) = (await police.get("standing-instructions"))["standing_instructions"]
    await police.post(f"standing-instructions/{standing['id']}/lift", {"staff": staff(*OFFICER)})
    assert (await police.read(second))["findings"] == []
    await police.share(second, {}, outcome="agreed")


async def test_an_instruction_that_came_without_an_offender_learns_who_it_is(desks: Desks) -> None:
    """From the first request about that crime that is read; the next crime of that offender then asks for a look."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    await police.post("standing-instructions", {"staff": staff(*OFFICER), "crime_reference": "13/1"})
    found = []
    for crime in ("13 1", "13 2"):
        exchange = (await prison.ask("approach", crime=crime))["case"]["exchange"]
        await police.until(exchange, "contact-request")
        found.append([each["code"] for each in (await police.read(exchange))["findings"]])
    assert found == [["R06"], [None]]
