"""Who looked at my details? A victim asks their force, and is told of every hand-over and of nothing else (13.7)."""

import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.codec import encode
from contracts.reply import Inbox
from gateway.desk import access
from tests.gateway.desk.between import between
from tests.gateway.desk.desks import (
    INSPECTOR,
    OFFICER,
    REVIEWER,
    SERVED,
    VALUES,
    Desk,
    Desks,
    Refused,
    desks_at,
    staff,
    until_gone,
)
from tests.journey import simulated
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import Side, World

OURS, THEIRS = "13 272661805", "13 555120044"
AN_OFFICER = "a police officer or member of police staff at your police force"
A_COORDINATOR = "a restorative justice coordinator at a prison"
ESTABLISHMENTS = ("prison-mdi", "prison-lei", "MDI", "LEI", "The prison", "Moorland", "Leeds")
"""What the directory of these tests says of the two prisons: ids, codes, names."""

OF_THE_OFFENDER = ("Rhys", "Briain", "a1234bc", "A1234BC", "0163001B", "79/163001", "TH68001", "2021-07-20")


async def shared(desks: Desks, crime: str = OURS, prison: str = "prison-mdi", **changes: Any) -> str:
    """An exchange in which the victim's details are shared; its id."""
    police = desks["police-13"]
    exchange: str = (await desks[prison].ask(crime=crime, **changes))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, VALUES)
    await desks[prison].until(exchange, "contact-answer")
    return exchange


def asked(crime: str = OURS, who: tuple[str, ...] = OFFICER, **changes: Any) -> dict[str, Any]:
    return {"staff": staff(*who), "crime_reference": crime, "identity_checked": "document"} | changes


async def told(desk: Desk, crime: str = OURS, **changes: Any) -> dict[str, Any]:
    return await desk.post("access-reports", asked(crime, **changes))


def plain(answer: dict[str, Any]) -> str:
    """The page without its line breaks."""
    return " ".join(answer["report"]["text"].split())


async def refusal(desk: Desk, body: dict[str, Any], path: str = "access-reports") -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.post(path, body)
    return refused.value


def delay_of(exchange: str, days: int = 30, who: tuple[str, ...] = REVIEWER, **changes: Any) -> dict[str, Any]:
    until = (date.today() + timedelta(days)).isoformat()
    return {"staff": staff(*who), "exchange": exchange, "reason": "investigation", "until": until} | changes


async def opens_in_the_log(desks: Desks, *exchanges: str) -> set[int]:
    """Every line of the gateway's own log by which something of these exchanges was handed over."""
    side = Side(desks.world, desks["police-13"].http)
    await side.checkpoint()
    opens = (event for event in check_ledger(side) if event.shared.event == "open" and event.accepted)
    return {event.index for event in opens if event.shared.exchange in exchanges}


async def test_a_victim_is_told_when_who_and_why_and_never_which_prison(desks: Desks) -> None:
    """Two prisons, a recall, several opens, an inspector: each line of the log is one entry, in words."""
    police, inspector = desks["police-13"], desks["inspectorate-hmip"]
    named = {"name": "Siân D’Souza"}
    one = await shared(desks, victim=named)
    await desks["prison-mdi"].open(one)
    await desks["prison-mdi"].open(one, fields=["safe_times"], why="prepare-meeting")
    await police.post(f"cases/{one}/recall", {})
    await desks["prison-mdi"].until(one, "recall")
    with pytest.raises(Refused):
        await desks["prison-mdi"].open(one, fields=["safe_times"])
    two = await shared(desks, prison="prison-lei", purpose="preparation", sensitivities=[], victim=named)
    await desks["prison-lei"].open(two, why="release-planning")

    answer = await told(police)
    report = answer["report"]
    assert [entry["who"] for entry in report["hand_overs"]] == [
        AN_OFFICER, A_COORDINATOR, A_COORDINATOR, AN_OFFICER, A_COORDINATOR,
    ]  # fmt: skip
    assert [line["leaf"] for line in answer["staff"]["lines"]] == sorted(await opens_in_the_log(desks, one, two))
    assert report["hand_overs"][2]["what"] == ["the times that are safe for you"]
    assert report["hand_overs"][2]["why"] == "to prepare with you"
    assert report["hand_overs"][4]["part_of"] == "preparing a meeting with you"
    assert all(re.search(r"day \d+ \w+ 20\d\d at \d\d:\d\d (GMT|BST)$", e["when"]) for e in report["hand_overs"])
    assert report["whole"]
    assert inspector.agency not in str(answer)
    status, _, raw = await police.call("POST", "access-reports", asked())
    for secret in (*ESTABLISHMENTS, *OF_THE_OFFENDER, OURS, "272661805", "release", "Siân", "s838", "p100"):
        assert status == 201
        assert secret not in str(raw)
    for entry in report["hand_overs"]:
        assert entry["when"] in report["text"]
        assert entry["who"] in report["text"]


async def test_each_entry_can_be_proven_by_staff(desks: Desks) -> None:
    """The desk has the delivery or the receipt of each line that it names; the victim's part names none."""
    exchange = await shared(desks)
    await desks["prison-mdi"].open(exchange)
    answer = await told(desks["police-13"])
    for line in answer["staff"]["lines"]:
        proof = await desks["police-13"].get(line["proof"])
        assert (proof["leaf"], proof["exchange"]) == (line["leaf"], exchange)
        assert proof["receipt"].startswith("c2sp.org/tlog-proof@v1\n")
    assert exchange not in str(answer["report"])
    assert not re.search(r"leaf|receipt|line", answer["report"]["text"])


async def test_one_victims_report_never_shows_anothers(desks: Desks) -> None:
    """Two victims of one prisoner's crimes, and a third whose reference differs by a zero alone."""
    police = desks["police-13"]
    mine, other = await shared(desks), await shared(desks, THEIRS)
    near = await shared(desks, "13 2726618050", pnc_id="04/1058757H", prison_number="B4321CD")
    for exchange in (mine, other, near):
        await desks["prison-mdi"].open(exchange)
    answer = await told(police, THEIRS)
    assert {line["exchange"] for line in answer["staff"]["lines"]} == {other}
    assert len(answer["report"]["hand_overs"]) == 2

    refused = await refusal(police, asked(OURS))
    (fault,) = refused.problem["faults"]
    assert (refused.status, fault["name"]) == (422, "exchanges")
    assert mine in fault["detail"]
    assert near in fault["detail"]
    chosen = await told(police, OURS, exchanges=[mine])
    assert {line["exchange"] for line in chosen["staff"]["lines"]} == {mine}
    assert (await refusal(police, asked(OURS, exchanges=[other]))).problem["faults"][0]["name"] == "exchanges"


@pytest.mark.parametrize(
    "second",
    [
        {"victim": {"name": "Owen Price"}},
        {"victim": {"name": "Siân D’Souza"}, "purpose": "representative"},
        {},
    ],
    ids=["two names", "a family beside a victim (7.7)", "somebody who is not named"],
)
async def test_where_two_people_may_be_meant_a_person_decides(desks: Desks, second: dict[str, Any]) -> None:
    """One crime reference, perhaps two victims: nothing is told before somebody says whose cases they are."""
    first = await shared(desks, victim={"name": "Siân D’Souza"})
    other = (await desks["prison-lei"].ask(**second))["case"]["exchange"]
    await desks["police-13"].until(other, "contact-request")
    await desks["police-13"].read(other)
    refused = await refusal(desks["police-13"], asked())
    assert [fault["name"] for fault in refused.problem["faults"]] == ["exchanges"]
    answer = await told(desks["police-13"], exchanges=[first])
    assert other not in str(answer)
    again = await told(desks["police-13"], exchanges=[other])
    assert again["report"]["earlier"] == []


async def test_one_person_typed_in_two_ways_is_one_person(desks: Desks) -> None:
    """Marks and capitals in a name, separators in a reference: no question is asked."""
    for prison, name, crime in (("prison-mdi", "Siân D’Souza", OURS), ("prison-lei", "SIAN D'SOUZA", "13-272661805")):
        await shared(desks, crime, prison, victim={"name": name})
    assert len((await told(desks["police-13"], "13/272661805"))["report"]["hand_overs"]) == 2


async def test_nothing_is_told_before_somebody_says_how_identity_was_checked(desks: Desks) -> None:
    """Left out, or not on the list: 422, and no report is recorded."""
    exchange = await shared(desks)
    for wrong in (None, "he said so"):
        refused = await refusal(desks["police-13"], asked(identity_checked=wrong))
        assert (refused.status, refused.problem["faults"][0]["name"]) == (422, "identity_checked")
        assert "he said so" not in str(refused.problem)
    assert (await told(desks["police-13"]))["report"]["earlier"] == []
    assert await desks["police-13"].until(exchange, "access-report")


@pytest.mark.parametrize(
    "who",
    [
        staff("p1", "rj-coordinator"),
        staff("p1", "police-officer", "none"),
        staff("p1", "police-officer", trained_until="2020-01-01"),
        staff("p1", "police-officer", methods=["pwd"]),
        staff("p1", "police-officer", signed_in_at=int(time.time()) - 13 * 3600),
        staff("p1", "inspector"),
    ],
    ids=["role", "training", "training out of date", "one factor", "signed in long ago", "inspector"],
)
async def test_only_whom_the_agreement_names_gives_a_report(desks: Desks, who: dict[str, Any]) -> None:
    """R04 by clause 13.7."""
    await shared(desks)
    refused = await refusal(desks["police-13"], asked(staff=who))
    assert (refused.status, refused.code, refused.problem["clauses"][0]) == (403, "R04", "13.7")


async def test_a_prisons_desk_has_no_such_call(desks: Desks) -> None:
    """Neither report nor delay, whoever asks: the same 404 for every one."""
    exchange = await shared(desks)
    for desk in (desks["prison-mdi"], desks["inspectorate-hmip"]):
        for path, body in (
            ("access-reports", asked()),
            ("visibility-delays", delay_of(exchange)),
            (f"visibility-delays/{exchange}/lift", {"staff": staff(*REVIEWER)}),
        ):
            assert (await refusal(desk, body, path)).status == 404
        assert (await desk.call("GET", "visibility-delays"))[0] == 404


async def test_a_look_that_was_refused_is_no_hand_over(desks: Desks) -> None:
    """R04 at the gateway, on record, and nothing was read: the entry is of the look that was."""
    police, exchange = desks["police-13"], (await desks["prison-mdi"].ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    with pytest.raises(Refused) as untrained:
        await police.read(exchange, ("p1", "police-officer", "none"))
    assert untrained.value.code == "R04"
    leaf = (await police.read(exchange))["leaf"]
    assert [line["leaf"] for line in (await told(police))["staff"]["lines"]] == [leaf]


async def test_each_report_tells_of_those_before_it(desks: Desks) -> None:
    """Whoever got one by pretence is found out: when it was given, by which role, and on what check."""
    await shared(desks)
    first = await told(desks["police-13"], identity_checked="call-back")
    second = await told(desks["police-13"])
    (before,) = second["report"]["earlier"]
    assert first["report"]["made_at_words"] in before
    assert "by ringing back on a number that we already had" in before
    assert "p100" not in str(second)
    assert before in plain(second)


async def test_a_case_without_a_yes_shows_the_look_and_nothing_of_what_was_asked(quick: Desks) -> None:
    """A letter that the victim was never told of: the police looked, and why is told without a word of the letter."""
    police, inspector = quick["police-13"], quick["inspectorate-hmip"]
    exchange = (await quick["prison-mdi"].ask("letter", offence="SX03034"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.post(f"cases/{exchange}/read", {"staff": staff(*REVIEWER), "no_conflict": True, "why": "review-case"})
    reviewed = await police.review(exchange, "decline")
    look = {"staff": staff(*INSPECTOR), "of": reviewed["jti"], "why": "quality-assurance", "no_conflict": True}
    await inspector.post(f"exchanges/{exchange}/open-reasons", look)
    answer = await told(police)
    assert [(e["who"], e["part_of"]) for e in answer["report"]["hand_overs"]] == [
        ("a reviewer at your police force", None),
        ("an inspector at an inspectorate", None),
    ]
    assert not re.search(r"letter|apolog|prison|offender|request|declin|sexual|R08", answer["report"]["text"])
    assert answer["staff"]["not_asked"] == [exchange]


async def test_looks_at_a_reference_that_was_wrong_are_told_to_whom_it_belongs(desks: Desks) -> None:
    """Read under another victim's reference before the prison corrected it: each victim hears of their own."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask(crime=THEIRS))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    wrong = (await police.read(exchange))["leaf"]
    await police.post(f"cases/{exchange}/more-needed", {"missing": ["identifiers"]})
    await prison.until(exchange, "more-needed")
    offender = {"prison_number": "A1234BC", "pnc_id": "79/163001B"}
    offence = {"codes": ["TH68001"], "crime_reference": OURS}
    corrected = {"staff": staff(), "corrected": ["identifiers"], "offender": offender, "offence": offence}
    await prison.post(f"cases/{exchange}/supplement", corrected)
    await police.until(exchange, "supplement")
    right = (await police.read(exchange))["leaf"]
    await police.share(exchange, VALUES)
    await prison.until(exchange, "contact-answer")
    opened = (await prison.open(exchange))["leaf"]
    for crime, leaves in ((THEIRS, [wrong]), (OURS, [right, opened])):
        report = await told(police, crime)
        assert [line["leaf"] for line in report["staff"]["lines"]] == leaves
    assert (await told(police, THEIRS))["report"]["hand_overs"][0]["part_of"] is None


async def test_a_delay_hides_until_its_day_and_says_so(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, with clause, reason and day; shown again by itself from then on, and at once when it is lifted."""
    police, exchange = desks["police-13"], await shared(desks)
    leaf = (await desks["prison-mdi"].open(exchange))["leaf"]
    await desks["prison-mdi"].open(exchange)
    made = await police.post("visibility-delays", delay_of(exchange, lines=[leaf], reason="court-order"))
    answer = await told(police)
    (hidden,) = answer["report"]["not_shown"]
    assert (hidden["count"], hidden["clause"], hidden["reason"]) == (1, "13.8", "court-order")
    assert hidden["words"] in plain(answer)
    assert made["until_words"] in hidden["words"]
    assert "a court has ordered it" in hidden["words"]
    assert leaf not in [line["leaf"] for line in answer["staff"]["lines"]]
    lines = await opens_in_the_log(desks, exchange)
    assert len(answer["report"]["hand_overs"]) + hidden["count"] == len(lines)

    with monkeypatch.context() as later:
        later.setattr(access, "now", lambda: made["until"])
        shown = (await told(police))["staff"]["lines"]
        assert {line["leaf"] for line in shown} == lines
    lifted = await police.post(f"visibility-delays/{made['id']}/lift", {"staff": staff(*REVIEWER)})
    assert lifted["lifted_at"]
    assert {line["leaf"] for line in (await told(police))["staff"]["lines"]} == lines
    again = {"staff": staff(*REVIEWER)}
    assert (await refusal(police, again, f"visibility-delays/{made['id']}/lift")).status == 409
    assert [each["id"] for each in (await police.get("visibility-delays"))["visibility_delays"]] == [made["id"]]
    for happened in ("showing-delayed", "delay-lifted"):
        await police.until(exchange, happened)


async def test_a_delay_of_a_whole_case_covers_what_comes_later_and_is_counted_once(desks: Desks) -> None:
    """Two delays on one hand-over are one: the longer."""
    police, exchange = desks["police-13"], await shared(desks)
    await police.post("visibility-delays", delay_of(exchange, 10))
    longest = await police.post("visibility-delays", delay_of(exchange, 20, reason="safety-of-another"))
    await desks["prison-mdi"].open(exchange)
    report = (await told(police))["report"]
    assert report["hand_overs"] == []
    assert [(each["count"], each["until"]) for each in report["not_shown"]] == [(2, longest["until"])]
    assert "2 times are not shown until" in plain({"report": report})


async def test_nobody_hides_their_own_look(desks: Desks) -> None:
    """Neither by naming its line nor by a delay of the whole case."""
    police = desks["police-13"]
    exchange = (await desks["prison-mdi"].ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    leaf = (await police.read(exchange, REVIEWER))["leaf"]
    own = await refusal(police, delay_of(exchange, who=("P200", *REVIEWER[1:]), lines=[leaf]), "visibility-delays")
    assert (own.status, own.code, own.problem["clauses"]) == (403, "R04", ["13.8"])
    await police.post("visibility-delays", delay_of(exchange))
    assert [line["leaf"] for line in (await told(police))["staff"]["lines"]] == [leaf]
    await police.post("visibility-delays", delay_of(exchange, who=("p201", *REVIEWER[1:])))
    assert (await told(police))["staff"]["lines"] == []


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({"staff": staff(*OFFICER)}, 403, None),
        ({"reason": "busy"}, 422, "reason"),
        ({"until": (date.today() - timedelta(1)).isoformat()}, 422, "until"),
        ({"until": (date.today() + timedelta(182)).isoformat()}, 422, "until"),
        ({"until": "2026-02-30"}, 422, "until"),
        ({"lines": [0]}, 422, "lines"),
    ],
    ids=["role", "reason", "past", "too long", "no day", "no hand-over"],
)
async def test_a_delay_keeps_to_the_clause(desks: Desks, changes: dict[str, Any], status: int, named: str) -> None:
    """Role, reason, day and line: each is refused by name, and nothing is hidden."""
    police, exchange = desks["police-13"], await shared(desks)
    refused = await refusal(police, delay_of(exchange, **changes), "visibility-delays")
    assert refused.status == status
    assert [fault["name"] for fault in refused.problem.get("faults", [])] == ([named] if named else [])
    assert (await told(police))["report"]["not_shown"] == []


async def test_a_delay_of_the_longest_span_is_allowed(desks: Desks) -> None:
    """180 days from now: 179 midnights away is within it."""
    police, exchange = desks["police-13"], await shared(desks)
    assert (await police.post("visibility-delays", delay_of(exchange, 179)))["lines"] == []


async def test_a_look_whose_reply_was_lost_is_told_too(tmp_path: Path) -> None:
    """The line is in the log though the police never saw the values: the desk asks what became of it."""
    world = World(tmp_path)
    async with (
        world.gateway(),
        between(world.address) as stand,
        desks_at(world, stand.url, "police-13") as holding,
        desks_at(world, world.address, "prison-mdi") as asking,
    ):
        police = holding["police-13"]
        exchange = (await asking["prison-mdi"].ask())["case"]["exchange"]
        await police.until(exchange, "contact-request")
        stand.lose = 100
        with pytest.raises(Refused) as lost:
            await police.read(exchange)
        assert lost.value.status == 503
        stand.lose = 0
        await police.read(exchange)
        lines = await opens_in_the_log(Desks(world, "", holding.by_agency), exchange)
        assert len(lines) == 2
        answer = await told(police)
        assert {line["leaf"] for line in answer["staff"]["lines"]} == lines
        assert answer["report"]["whole"]
        stand.away = True
        unsure = await told(police)
        assert not unsure["report"]["whole"]
        assert "may be missing" in plain(unsure)


async def test_a_replay_is_no_second_entry(tmp_path: Path) -> None:
    """The gateway delivers everything twice: each line is told once."""
    world = World(tmp_path)

    def again(path: str, body: bytes) -> bytes:
        if path != "/v1/inbox":
            return body
        inbox = msgspec.json.decode(body, type=Inbox)
        return encode(msgspec.structs.replace(inbox, items=(*inbox.items, *inbox.items))) if inbox.items else body

    async with (
        world.gateway(),
        between(world.address) as stand,
        desks_at(world, stand.url, "police-13") as holding,
        desks_at(world, world.address, "prison-mdi") as asking,
    ):
        stand.spoil = again
        desks = Desks(world, "", {**holding.by_agency, **asking.by_agency})
        exchange = await shared(desks)
        await desks["prison-mdi"].open(exchange)
        await holding["police-13"].until(exchange, "notice-opened")
        assert len((await told(holding["police-13"]))["report"]["hand_overs"]) == 2


async def test_an_agreement_without_the_table_provides_for_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk says so, and gives none."""
    without = re.sub(r"\[access_report\]\n(\w.*\n)+", "", simulated.agreement_text())
    monkeypatch.setattr(simulated, "agreement_text", lambda: without)
    world = World(tmp_path)
    async with world.gateway(), desks_at(world, world.address, "police-13") as running:
        refused = await refusal(running["police-13"], asked())
        assert (refused.status, refused.code) == (403, None)
        assert "does not provide for a report" in refused.problem["detail"]


async def test_what_retention_erased_is_gone_and_said_in_general_terms(tmp_path: Path) -> None:
    """Looks, delays and reports given go with their case; the page says until when cases were erased, and not whose."""
    world = World(tmp_path, {"record": "3 seconds"})
    async with world.gateway(), desks_at(world, world.address, *SERVED) as desks:
        police, prison, exchange = desks["police-13"], desks["prison-mdi"], await shared(desks)
        await police.post("visibility-delays", delay_of(exchange))
        assert "None of our records has been erased" in (await told(police))["report"]["kept"]
        await prison.post(f"cases/{exchange}/cancel", {"staff": staff(), "why": "other"})
        await police.until(exchange, "cancellation")
        await until_gone(police, exchange)
        report = (await told(police))["report"]
        assert (report["hand_overs"], report["not_shown"]) == ([], [])
        assert "Records of cases that ended on or before" in report["kept"]
        assert (await police.get("visibility-delays"))["visibility_delays"] == []
