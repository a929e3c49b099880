"""Letters of apology: held, offered by their digest, sent on when wanted; received, read, handed over."""

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest

from contracts.codec import b64, b64url
from gateway.desk.letters_in import same_code
from tests.gateway.desk.desks import (
    OFFICER,
    SERVED,
    Desk,
    Desks,
    Refused,
    consent,
    desks_at,
    files_of,
    staff,
    until_gone,
)
from tests.journey.simulated import World

TEXT = "I am sorry for what I did that night. I do not ask you to forgive me."
PDF = b"%PDF-1.7\n" + b"x" * 400_000


async def held(prison: Desk, **changes: Any) -> dict[str, Any]:
    given = {"staff": staff(), "prison_number": "a1234bc", "offender": "Rhys Ó Briain", "text": TEXT}
    return await prison.post("letters", given | changes)


async def offered(prison: Desk, letter: dict[str, Any], **changes: Any) -> str:
    named = {"id": letter["id"], "sha256": letter["sha256"]}
    return str((await prison.ask("letter", letter=named, **changes))["case"]["exchange"])


async def agreed(desks: Desks, exchange: str, letter: dict[str, Any]) -> None:
    police = desks["police-13"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    yes = {"staff": staff(*OFFICER), "outcome": "agreed", "consent": consent(letter=letter["sha256"])}
    await police.post(f"cases/{exchange}/answer", yes)
    await desks["prison-mdi"].until(exchange, "contact-answer")


async def test_a_letter_goes_from_the_prison_to_the_victim_step_by_step(desks: Desks) -> None:
    """Held, offered, wanted, sent on; received by its code, read, handed over. Each step waits for the one before."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    letter = await held(prison)
    assert letter["sha256"] == b64url(hashlib.sha256(TEXT.encode()).digest())
    assert letter["check_code"].replace(" ", "") == letter["sha256"][:8]
    assert (letter["standing"], letter["send_to"]) == ("held", None)
    exchange = await offered(prison, letter)
    told = await prison.get(f"letters/{letter['id']}")
    assert (told["standing"], told["exchange"]) == ("offered", exchange)
    for path, body in (("send-on", {}), ("end", {"how": "destroyed"})):
        with pytest.raises(Refused) as early:
            await prison.post(f"letters/{letter['id']}/{path}", {"staff": staff()} | body)
        assert early.value.status == 409
    await agreed(desks, exchange, letter)
    wanted = await prison.get(f"letters/{letter['id']}")
    assert (wanted["standing"], wanted["send_to"]["phone"] != "") == ("wanted", True)
    sent = await prison.post(f"letters/{letter['id']}/send-on", {"staff": staff(), "on": "2026-09-01"})
    assert (sent["standing"], sent["sent_on"]) == ("sent-on", "2026-09-01")

    by = {"staff": staff(*OFFICER)}
    path = f"cases/{exchange}/letter"
    with pytest.raises(Refused) as early:
        await police.post(f"{path}/hand-over", by | {"how": "in-person"})
    assert early.value.status == 409
    with pytest.raises(Refused) as another:
        await police.post(f"{path}/receive", by | {"check_code": "AAAA AAAA"})
    assert [fault["name"] for fault in another.value.problem["faults"]] == ["check_code"]
    await police.post(f"{path}/receive", by | {"check_code": letter["check_code"].lower()})
    with pytest.raises(Refused) as unread:
        await police.post(f"{path}/hand-over", by | {"how": "in-person"})
    assert "Read the letter first" in unread.value.problem["detail"]
    await police.post(f"{path}/read", by | {"suitable": True})
    done = await police.post(f"{path}/hand-over", by | {"how": "by-liaison-officer", "on": "2026-09-08"})
    assert (done["handed_on"], done["handed_how"]) == ("2026-09-08", "by-liaison-officer")
    with pytest.raises(Refused):
        await police.post(f"{path}/put-away", by | {"how": "returned"})


async def test_a_letter_changed_after_it_was_offered_is_another_letter(desks: Desks) -> None:
    """Before, it keeps its id; after, the offered one stays as it was, and its digest alone is offered by its id."""
    prison = desks["prison-mdi"]
    first = await held(prison, text=None, scan=b64(PDF))
    assert (first["media"], first["size"]) == ("application/pdf", len(PDF))
    changing = {"staff": staff(), "text": TEXT}
    second = await prison.post(f"letters/{first['id']}/change", changing)
    assert (second["id"], second["sha256"] != first["sha256"]) == (first["id"], True)
    with pytest.raises(Refused) as stale:
        await offered(prison, first)
    assert [fault["name"] for fault in stale.value.problem["faults"]] == ["letter"]
    assert (await prison.get("cases"))["cases"] == []
    exchange = await offered(prison, second)
    third = await prison.post(f"letters/{first['id']}/change", changing | {"text": TEXT + " Rhys"})
    assert (third["id"] != first["id"], third["in_place_of"], third["standing"]) == (True, first["id"], "held")
    kept = await prison.get(f"letters/{first['id']}")
    assert (kept["sha256"], kept["replaced_by"], kept["exchange"]) == (second["sha256"], third["id"], exchange)
    assert (await prison.get(f"letters/{first['id']}/content"))["text"] == TEXT
    with pytest.raises(Refused) as twice:
        await offered(prison, third | {"id": first["id"], "sha256": second["sha256"]}, crime="13 9")
    assert twice.value.status == 422


async def test_only_what_is_a_letter_is_held_and_by_the_coordinator_alone(desks: Desks) -> None:
    """Text or a scan that is what it says it is, of at most 4 MiB, of somebody."""
    prison = desks["prison-mdi"]
    for changes, name in (
        ({"text": None}, "text"),
        ({"scan": b64(PDF)}, "text"),
        ({"text": None, "scan": b64(b"MZ" + PDF)}, "scan"),
        ({"text": None, "scan": b64(PDF + b"x" * 4 * 1024 * 1024)}, "scan"),
        ({"prison_number": "1234"}, "prison_number"),
        ({"prison_number": None, "offender": " "}, "prison_number"),
    ):
        with pytest.raises(Refused) as refused:
            await held(prison, **changes)
        assert [fault["name"] for fault in refused.value.problem["faults"]] == [name]
    with pytest.raises(Refused) as role:
        await held(prison, staff=staff("r42", "residential-officer"))
    assert (role.value.status, role.value.code) == (403, "R04")
    for scan in (b"\xff\xd8\xff\xe0" + b"x", b"\x89PNG\r\n\x1a\n" + b"x"):
        assert (await held(prison, text=None, scan=b64(scan)))["size"] == len(scan)
    assert len((await prison.get("letters"))["letters"]) == 2


async def test_a_letter_that_nobody_wants_stays_held_in_the_words_of_every_cannot_proceed(quick: Desks) -> None:
    """A no and a silence leave the same letter; it can be destroyed then, and nothing of it is left to read."""
    prison, police = quick["prison-mdi"], quick["police-13"]
    letters = [await held(prison), await held(prison)]
    exchanges = [
        await offered(prison, each, crime=crime) for each, crime in zip(letters, ("13 A", "13 B"), strict=True)
    ]
    await police.until(exchanges[0], "contact-request")
    await police.read(exchanges[0])
    await police.decline(exchanges[0])
    seen = []
    for letter, exchange in zip(letters, exchanges, strict=True):
        await prison.until(exchange, "notice-cannot-proceed")
        told = await prison.get(f"letters/{letter['id']}")
        seen.append((told["standing"], told["words"], told["what_may_be_told"]))
    assert seen[0] == seen[1]
    assert (seen[0][0], "not told which" in seen[0][2]) == ("cannot-proceed", True)
    gone = await prison.post(f"letters/{letters[0]['id']}/end", {"staff": staff(), "how": "destroyed"})
    assert gone["standing"] == "destroyed"
    assert (await prison.call("GET", f"letters/{letters[0]['id']}/content"))[0] == 404


async def test_no_letter_reaches_a_victim_whose_yes_does_not_stand(desks: Desks) -> None:
    """Recalled, or never given: it is kept safely, and the victim may want it later."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    letter = await held(prison)
    exchange = await offered(prison, letter)
    path, by = f"cases/{exchange}/letter", {"staff": staff(*OFFICER)}
    await police.until(exchange, "contact-request")
    await police.post(f"{path}/receive", by | {"check_code": letter["check_code"]})
    with pytest.raises(Refused) as bad:
        await police.post(f"{path}/read", by | {"suitable": False})
    assert bad.value.status == 422
    await police.post(f"{path}/read", by | {"suitable": True})
    with pytest.raises(Refused) as never:
        await police.post(f"{path}/hand-over", by | {"how": "in-person"})
    assert never.value.status == 409
    await agreed(desks, exchange, letter)
    await police.post(f"cases/{exchange}/recall", by)
    with pytest.raises(Refused) as recalled:
        await police.post(f"{path}/hand-over", by | {"how": "in-person"})
    assert "approach nobody" in recalled.value.problem["detail"]
    kept = await police.post(f"{path}/put-away", by | {"how": "kept-safely", "wants_later": True})
    assert (kept["kept"], kept["wants_later"], kept["handed_on"]) == ("kept-safely", True, None)
    await prison.until(exchange, "recall")
    assert (await prison.get(f"letters/{letter['id']}"))["standing"] == "cannot-proceed"


async def test_a_letter_is_encrypted_and_erased_with_its_case(tmp_path: Path) -> None:
    """Nothing of it in clear on disk, and nothing at all after."""
    world = World(tmp_path, {"record": "2 seconds"})
    async with world.gateway(), desks_at(world, world.address, *SERVED) as desks:
        prison = desks["prison-mdi"]
        letter, other = await held(prison), await held(prison)
        exchange = await offered(prison, letter)
        assert b"sorry for what" not in files_of(tmp_path / "desks")
        await prison.post(f"cases/{exchange}/cancel", {"staff": staff(), "why": "offender-withdrew"})
        await until_gone(prison, exchange)
        assert [each["id"] for each in (await prison.get("letters"))["letters"]] == [other["id"]]
        assert (await prison.call("GET", f"letters/{letter['id']}/content"))[0] == 404
        assert letter["id"] not in str(await prison.get("events"))
        assert time.time() > other["at"]


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("Ab-d Ol1x", True),
        (" ab-d o11X ", True),
        ("abd0l1x", True),
        ("Ab-d Ol1y", False),
        ("", False),
        ("Ab-d", False),
    ],
)
def test_a_check_code_is_read_off_a_sheet(typed: str, same: bool) -> None:
    """Small or capital, with or without its space, O for 0 and l for 1; one other letter is another letter."""
    assert same_code(typed, "Ab-dOl1xQQQQ") is same
