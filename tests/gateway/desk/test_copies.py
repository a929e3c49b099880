"""A printed copy: a line of its own in the log, noted in the case, told to the holder and to the victim."""

import io
from typing import Any
from zipfile import ZipFile

import msgspec
import pytest

from contracts.event import parse_exact
from contracts.messages.open_ import Open
from contracts.reply import NoticeClaims
from gateway.evidence_bundle import check
from tests.gateway.desk.desks import INSPECTOR, OFFICER, VALUES, Desks, Refused, staff
from tests.journey.simulated import uuid7

READ = {"crime_reference": "13 272661805", "identity_checked": "in-person", "staff": staff(*OFFICER)}


async def shared(desks: Desks) -> str:
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = str((await prison.ask())["case"]["exchange"])
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, VALUES)
    await prison.until(exchange, "contact-answer")
    return exchange


async def test_a_printed_copy_is_its_own_line_noted_and_told(desks: Desks) -> None:
    """Read, then opened once more to print: the inspector and the victim can tell the two apart."""
    prison, police, inspector = desks["prison-mdi"], desks["police-13"], desks["inspectorate-hmip"]
    exchange = await shared(desks)
    looked = await prison.open(exchange)
    assert (await prison.get(f"cases/{exchange}/copies"))["copies"] == []
    printed = await prison.open(exchange, copy="paper", fields=["preferred_name"])
    assert printed["values"] == {"preferred_name": VALUES["preferred_name"]}
    (copy,) = (await prison.get(f"cases/{exchange}/copies"))["copies"]
    assert (copy["leaf"], copy["by"], copy["fields"]) == (printed["leaf"], "s838", ["preferred_name"])
    await prison.until(exchange, "copied")

    found = await inspector.post("searches", {"staff": staff(*INSPECTOR), "why": "inspection", "about": exchange})
    exact: dict[int, Any] = {line["index"]: line["exact"] for line in found["lines"]}
    assert "copy" not in exact[looked["leaf"]]
    assert exact[printed["leaf"]]["copy"] == "paper"

    for leaf in (looked["leaf"], printed["leaf"]):
        while not any(each["leaf"] == leaf for each in police.seen):
            police.seen += (await police.get(f"events?after={police.after}&wait=1"))["events"]
    report = (await police.post("access-reports", READ))["report"]
    assert [each.get("copy") for each in report["hand_overs"]][-2:] == [None, "a paper copy was made"]
    assert report["text"].count("Copy: a paper copy was made") == 1


async def test_what_is_not_open_is_not_copied(desks: Desks) -> None:
    """After a recall there is no copy, and none is noted; no other way to copy is known."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = await shared(desks)
    with pytest.raises(Refused) as unknown:
        await prison.open(exchange, copy="photograph")
    assert unknown.value.status == 422
    await police.post(f"cases/{exchange}/recall", {"staff": staff(*OFFICER)})
    await prison.until(exchange, "recall")
    with pytest.raises(Refused) as gone:
        await prison.open(exchange, copy="paper")
    assert gone.value.status == 409
    assert (await prison.get(f"cases/{exchange}/copies"))["copies"] == []


async def test_evidence_says_that_a_copy_was_made(desks: Desks) -> None:
    """In a bundle of the same form as before, which is checked as before."""
    prison = desks["prison-mdi"]
    exchange = await shared(desks)
    await prison.open(exchange, copy="paper")
    url = f"{prison.url}/v1/agencies/{prison.agency}/cases/{exchange}/evidence"
    async with prison.http.get(url, headers={"Authorization": f"Bearer {prison.key}"}) as answer:
        assert answer.status == 200
        raw = await answer.read()
    case = check.check(raw, (desks.world.vkey,), desks.world.officers.verifiers, None)
    assert case.faults == ()
    with ZipFile(io.BytesIO(raw)) as bundle:
        told = " ".join(" ".join(bundle.read(name).decode(errors="ignore").split()) for name in bundle.namelist())
    assert "to contact the victim and to print them" in told


def test_what_was_written_before_copies_were_known_still_reads() -> None:
    """A line and a notice without the member; and an open that says nothing of a copy copies nothing."""
    assert parse_exact(b'{"why":"contact-victim"}').copy is None
    said = {"iss": "g.example/rj", "to": "police-13", "exchange": uuid7(), "at": 1, "leaf": 2, "notice": "opened"}
    assert msgspec.convert(said, NoticeClaims).copy is None
    read = {"of": uuid7(), "fields": ["safe_times"], "why": "contact-victim", "no_conflict": "declared"}
    assert msgspec.convert(read, Open).copy is None
