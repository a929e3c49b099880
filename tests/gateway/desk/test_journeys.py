"""Journeys through desks and gateway, over real HTTP, as agencies' own systems would make them."""

from pathlib import Path

import pytest

from contracts.reply import ExchangeView
from gateway.desk.agency import Agency
from keys.tokens import parse
from tests.gateway.desk.desks import VALUES, Desks, Refused, consent, desks_at, request, staff
from tests.journey.simulated import World


async def test_details_travel_from_the_police_to_the_prison_and_are_opened_in_memory(desks: Desks) -> None:
    """Asked, accepted, read, shared, opened: each side sees its own words, and the values arrive as they were typed."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    asked = await prison.ask()
    exchange = asked["case"]["exchange"]
    assert (asked["queued"], asked["case"]["state"]) == (False, "with-police")

    await police.until(exchange, "contact-request")
    await police.post(f"cases/{exchange}/accept", {})
    await prison.until(exchange, "accepted")
    assert (await prison.case(exchange))["ring"]["name"] == "Restorative justice office"

    read = await police.read(exchange)
    assert read["subject"]["offender"]["pnc_id"] == "1979/0163001B"
    assert read["subject"]["requester"] == {"staff_id": "s838"}
    assert (read["findings"], read["review"]) == ([], "not-needed")

    shared = await police.share(exchange, VALUES | {"home_address": "1 High Street"})
    assert set(shared["withheld"]) == {
        "home_address", "meeting_place", "safety_notes", "representative_name", "representative_channel", "exclusion",
    }  # fmt: skip
    await prison.until(exchange, "contact-answer")
    opened = await prison.open(exchange)
    assert opened["values"] == {name: VALUES[name] for name in asked["case"]["fields"]}
    await police.until(exchange, "notice-opened")


async def test_every_cannot_proceed_reads_the_same_and_comes_at_the_end_of_the_window(quick: Desks) -> None:
    """A victim's no, a code and a silence: the prison reads the same words at the same time, and never a code."""
    prison, police = quick["prison-mdi"], quick["police-13"]
    said_no, coded, silent = [
        (await prison.ask("approach", crime=crime))["case"]["exchange"] for crime in ("13 A", "13 B", "13 C")
    ]
    for exchange, code in ((said_no, "R19"), (coded, "R14")):
        await police.until(exchange, "contact-request")
        await police.read(exchange)
        answered = await police.decline(exchange, code)
        assert (answered["case"]["state"], answered["case"]["code"]) == ("cannot-proceed", code)
    assert (await prison.case(said_no))["state"] == "with-police"

    seen = []
    for exchange in (said_no, coded, silent):
        await prison.until(exchange, "notice-cannot-proceed")
        case = await prison.case(exchange, fresh=True)
        own = ("exchange", "asked_at", "due")
        seen.append({name: value for name, value in case.items() if name not in own})
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0]["state"], seen[0]["code"], seen[0]["clauses"]) == ("cannot-proceed", None, [])
    assert "not told which" in seen[0]["what_may_be_told"]
    assert seen[0]["ring"]["phone"]


async def test_a_no_stands_against_every_later_request_until_the_victim_comes_back(quick: Desks) -> None:
    """R19 becomes a standing instruction: the next request finds R06, a yes is stopped, lifting it opens the way."""
    prison, other, police = quick["prison-mdi"], quick["prison-lei"], quick["police-13"]
    first = (await prison.ask("approach"))["case"]["exchange"]
    await police.until(first, "contact-request")
    await police.read(first)
    await police.decline(first)

    second = (await other.ask("rotl-check"))["case"]["exchange"]
    await police.until(second, "contact-request")
    assert [found["code"] for found in (await police.read(second))["findings"]] == ["R06"]
    with pytest.raises(Refused) as stopped:
        await police.share(second, {"exclusion": "no"})
    assert (stopped.value.status, stopped.value.code) == (409, "R06")

    (standing,) = (await police.get("standing-instructions"))["standing_instructions"]
    assert (standing["scope"], standing["exchange"]) == ("whole-case", first)
    await police.post(f"standing-instructions/{standing['id']}/lift", {"staff": staff("p100", "police-officer")})
    assert (await police.read(second))["findings"] == []
    assert (await police.share(second, {"exclusion": "no"}))["case"]["state"] == "details-shared"


async def test_an_instruction_of_one_purpose_leaves_the_others_open(desks: Desks) -> None:
    """`this-purpose` stops that purpose only."""
    police, prison = desks["police-13"], desks["prison-mdi"]
    instruction = {"staff": staff("p1", "police-officer"), "crime_reference": " 13 272661805 "}
    await police.post("standing-instructions", instruction | {"scope": "this-purpose", "purpose": "rotl-check"})
    found = {}
    for purpose in ("rotl-check", "approach"):
        exchange = (await prison.ask(purpose))["case"]["exchange"]
        await police.until(exchange, "contact-request")
        found[purpose] = [each["code"] for each in (await police.read(exchange))["findings"]]
    assert found == {"rotl-check": ["R06"], "approach": []}


async def test_a_correction_that_comes_after_a_hidden_no_opens_nothing_again(quick: Desks) -> None:
    """More needed, then the victim's no, then the prison's correction: the police still read their no and its code."""
    prison, police = quick["prison-mdi"], quick["police-13"]
    exchange = (await prison.ask("approach"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.post(f"cases/{exchange}/more-needed", {"missing": ["identifiers"]})
    await prison.until(exchange, "more-needed")
    await police.decline(exchange)
    subject = {name: request("approach")[name] for name in ("offender", "offence")}
    corrected = {"staff": staff(), "corrected": ["identifiers"], **subject}
    await prison.post(f"cases/{exchange}/supplement", corrected)
    await police.until(exchange, "supplement")
    for fresh in (False, True):
        case = await police.case(exchange, fresh=fresh)
        assert (case["state"], case["code"], case["next"], case["due"]) == ("cannot-proceed", "R19", [], None)


async def test_a_no_that_becomes_a_yes_is_not_told_to_have_been_one(desks: Desks) -> None:
    """The correction names the answer that it supersedes beside the message; what is delivered does not."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    no = await police.decline(exchange, "R14")
    yes = await police.share(exchange, {"preferred_name": "Siân"}, supersedes=no["jti"])
    assert yes["case"]["state"] == "details-shared"
    came = await prison.until(exchange, "contact-answer")
    token = (await prison.get(f"deliveries/{came['leaf']}"))["token"]
    assert no["jti"].encode() not in parse(token).claims
    assert (await prison.open(exchange))["values"]["preferred_name"] == "Siân"


async def test_a_duplicate_is_stopped_at_the_own_desk_and_never_leaves(desks: Desks) -> None:
    """The same person, crime and purpose, however they are typed: R16 names the live case."""
    prison = desks["prison-mdi"]
    first = (await prison.ask("approach"))["case"]["exchange"]
    with pytest.raises(Refused) as own:
        await prison.ask("approach", pnc_id="1979/0163001B", crime="13  272661805")
    assert (own.value.status, own.value.code, own.value.problem["exchange"]) == (409, "R16", first)
    assert len((await prison.get("cases"))["cases"]) == 1
    await prison.ask("rotl-check")
    await prison.post(f"cases/{first}/cancel", {"staff": staff(), "why": "other"})
    await prison.ask("approach")


@pytest.mark.parametrize("read_first", [0, 1])
async def test_of_two_prisons_requests_the_police_find_exactly_one_a_duplicate(desks: Desks, read_first: int) -> None:
    """The request that is read first is the one in hand; the other is R16, in whichever order they were sent."""
    prison, other, police = desks["prison-mdi"], desks["prison-lei"], desks["police-13"]
    asked = [(await desk.ask("approach"))["case"]["exchange"] for desk in (prison, other)]
    for exchange in asked:
        await police.until(exchange, "contact-request")
    in_hand, duplicate = asked[read_first], asked[1 - read_first]
    for _ in range(2):
        assert (await police.read(in_hand))["findings"] == []
        assert [found["code"] for found in (await police.read(duplicate))["findings"]] == ["R16"]
    await police.decline(in_hand, "R14")
    assert (await police.read(duplicate))["findings"] == []


async def test_the_prison_asks_the_other_force_by_itself_and_never_in_a_circle(desks: Desks) -> None:
    """Held elsewhere: a linked exchange to the other force; when that one points back, the desk asks nobody."""
    prison, wrong, right = desks["prison-mdi"], desks["police-13"], desks["police-14"]
    first = (await prison.ask())["case"]["exchange"]
    await wrong.until(first, "contact-request")
    elsewhere = {"outcome": "held-elsewhere", "code": "R15"}
    await wrong.post(f"cases/{first}/answer", elsewhere | {"held_by": "police-14"})
    await prison.until(first, "contact-answer")

    second = (await prison.until(None, "asked-again"))["exchange"]
    case = await prison.case(first, fresh=True)
    assert (case["state"], case["held_by"], case["code"]) == ("held-elsewhere", "police-14", "R15")
    await right.until(second, "contact-request")
    assert (await right.case(second))["follows"] == first
    assert (await right.read(second))["subject"]["offence"]["crime_reference"] == "13 272661805"

    await right.post(f"cases/{second}/answer", elsewhere | {"held_by": "police-13"})
    await prison.until(second, "contact-answer")
    assert (await prison.case(second))["followed_by"] is None


async def test_after_a_recall_nothing_opens_and_destruction_is_attested(desks: Desks) -> None:
    """The victim's mind changes: the prison reads `withdrawn`, an open fails, the attestation reaches the police."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, {"preferred_name": "Siân"})
    await prison.until(exchange, "contact-answer")
    await police.post(f"cases/{exchange}/recall", {})
    await prison.until(exchange, "recall")

    case = await prison.case(exchange)
    assert (case["state_words"], case["shared"]) == ("Details withdrawn: do not contact", [])
    assert (case["next"], case["due"]["what"]) == (["acknowledge-recall"], "acknowledge-recall")
    with pytest.raises(Refused) as closed:
        await prison.open(exchange)
    assert closed.value.status == 409
    with pytest.raises(Refused) as closed:  # and the gateway says the same where the desk would have asked
        await prison.open(exchange, fields=["preferred_name"])
    assert closed.value.status == 409

    attested = {"staff": staff(), "contact": "stopped", "copies": "destroyed"}
    await prison.post(f"cases/{exchange}/acknowledge-recall", attested)
    await police.until(exchange, "recall-acknowledged")
    assert (await prison.case(exchange))["due"] is None


async def test_what_is_heard_while_the_gateway_is_asked_stands(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway's answer is of before the recall, and comes after it."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, {"preferred_name": "Siân"})
    await prison.until(exchange, "contact-answer")
    look = Agency.look

    async def slowly(agency: Agency, about: str, search: str | None = None) -> ExchangeView:
        seen = await look(agency, about, search)
        await police.post(f"cases/{exchange}/recall", {})
        await prison.until(exchange, "recall")
        return seen

    monkeypatch.setattr(Agency, "look", slowly)
    assert (await prison.case(exchange, fresh=True))["state"] == "withdrawn"


async def test_a_sensitive_case_is_decided_by_a_reviewer_who_did_not_ask(desks: Desks) -> None:
    """No yes before the review; the asker may not review, the untrained is refused; inspectors read the reasons."""
    prison, police, inspector = desks["prison-mdi"], desks["police-13"], desks["inspectorate-hmip"]
    exchange = (await prison.ask("approach", offence="SX03034"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    assert (await police.read(exchange))["review"] == "needed"
    for reviewer, code in ((("S838", "reviewer", "advanced"), "R04"), (("p200", "reviewer", "foundation"), "R11")):
        with pytest.raises(Refused) as refused:
            await police.review(exchange, "proceed", reviewer)
        assert (refused.value.status, refused.value.code) == (403, code)

    reviewed = await police.review(exchange, "proceed")
    assert reviewed["case"]["review"] == "proceed"
    with pytest.raises(Refused) as own:
        await police.share(exchange, {}, outcome="agreed", staff=staff("p200", "police-officer"))
    assert own.value.code == "R04"
    assert (await police.share(exchange, {}, outcome="agreed"))["case"]["state"] == "agreed"

    who = staff("i300", "inspector")
    look = {"staff": who, "of": reviewed["jti"], "why": "quality-assurance", "no_conflict": True}
    assert (await inspector.post(f"exchanges/{exchange}/open-reasons", look))["reasons"] == "On its merits."


async def test_a_declined_review_ends_the_case_for_the_police_at_once(desks: Desks) -> None:
    """R08: the police see the end, the prison sees nothing of it."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask("approach", sensitivities=["stalking"]))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    case = (await police.review(exchange, "decline"))["case"]
    assert (case["state"], case["code"], case["review"]) == ("cannot-proceed", "R08", "declined")
    assert (await prison.case(exchange, fresh=True))["state"] == "with-police"


async def test_what_the_police_find_and_what_they_miss(desks: Desks) -> None:
    """A sensitivity that the police find leads to review; what is missing is asked for, corrected and read anew."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    found = await police.post(
        f"cases/{exchange}/sensitivity", {"staff": staff("p1", "police-officer"), "found": ["hate"]}
    )
    assert found["case"]["review"] == "needed"
    await police.post(f"cases/{exchange}/more-needed", {"missing": ["identifiers"]})
    await prison.until(exchange, "more-needed")
    assert (await prison.case(exchange))["missing"] == ["identifiers"]

    corrected = {
        "staff": staff(),
        "corrected": ["identifiers"],
        "offender": {"prison_number": "A1234BC", "pnc_id": "2004/1058757H"},
        "offence": {"codes": ["TH68001"], "crime_reference": "13 9"},
    }
    answered = await prison.post(f"cases/{exchange}/supplement", corrected)
    assert answered["case"]["state"] == "with-police"
    await police.until(exchange, "supplement")
    assert (await police.read(exchange))["subject"]["offender"]["pnc_id"] == "2004/1058757H"


async def test_outcome_and_cancellation_reach_the_police(desks: Desks) -> None:
    """A final outcome closes the case on both sides; a cancellation ends the other."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask("letter"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    letter = (await police.case(exchange))["letter"]["sha256"]
    await police.share(exchange, {}, outcome="agreed", consent=consent(letter=letter))
    await prison.until(exchange, "contact-answer")
    came = {"contact": "made", "chose": "letter", "status": "completed", "disclosure": "not-disclosable"}
    closed = await prison.post(f"cases/{exchange}/outcome", {"staff": staff(), "final": True} | came)
    assert closed["case"]["state"] == "closed"
    await police.until(exchange, "outcome")

    other = (await prison.ask("approach"))["case"]["exchange"]
    await prison.post(f"cases/{other}/cancel", {"staff": staff(), "why": "transferred"})
    await police.until(other, "cancellation")
    assert (await police.case(other))["state"] == "cancelled"


async def test_an_inspector_reads_the_exact_code_and_finds_the_own_search(quick: Desks) -> None:
    """The exchange with its code, lines whose openings fit their leaves, and the search as a line of the log itself."""
    prison, police, inspector = quick["prison-mdi"], quick["police-13"], quick["inspectorate-hmip"]
    exchange = (await prison.ask("approach"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.decline(exchange)
    status, _, problem = await inspector.call("GET", f"exchanges/{exchange}")
    assert (status, problem["type"]) == (403, "urn:rj:problem:not-permitted")

    search = {"staff": staff("i300", "inspector"), "why": "inspection", "about": exchange}
    found = await inspector.post("searches", search)
    seen = await inspector.get(f"exchanges/{exchange}?search={found['jti']}")
    assert (seen["state"], seen["code"]) == ("cannot-proceed", "R19")
    assert [line["shared"]["event"] for line in found["lines"]] == ["contact-request", "open", "contact-answer"]
    assert found["lines"][-1]["exact"]["code"] == "R19"
    again = await inspector.post("searches", search | {"about": None, "event": "log-search"})
    assert [line["index"] for line in again["lines"]] == [found["leaf"], again["leaf"]]


async def test_a_force_that_takes_nothing_up_is_told_that_it_is_late_and_believes_it(tmp_path: Path) -> None:
    """Its own desk shows it; the prison learns nothing of it, and nobody has an alarm."""
    world = World(tmp_path, {"accept": "1 second", "answer": "1 hour"})
    async with world.gateway(), desks_at(world, world.address, "prison-mdi", "police-13") as desks:
        police, prison = desks["police-13"], desks["prison-mdi"]
        exchange = (await prison.ask())["case"]["exchange"]
        await police.until(exchange, "notice-overdue", seconds=15)
        assert (await police.case(exchange))["overdue"]
        assert not (await prison.case(exchange))["overdue"]
        assert (await police.get("alarms"))["alarms"] == []
