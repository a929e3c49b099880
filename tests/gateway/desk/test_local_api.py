"""The local API at its edge: keys, inputs, refusals, and what must never be said or kept."""

import logging
from pathlib import Path

import pytest

from gateway.desk import words
from gateway.desk.records import STATES
from tests.gateway.desk.desks import VALUES, Desks, Refused, files_of, request, staff

PERSONAL = (
    "Rhys", "Briain", "79/163001", "0163001B", "A1234BC", "a1234bc", "272661805", "s838", "Siân", "07700 900123",
    "900123", "TH68001", "voicemail", "On its merits",
)  # fmt: skip


async def test_a_wrong_key_and_an_agency_that_is_not_here_are_the_same(desks: Desks) -> None:
    """Another agency's key, no key, and an unknown agency: one 401, in the same words."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    refusals = [await prison.call("GET", "cases", key=key) for key in (police.key, "x", "Ünïcode")]
    prison.agency = "prison-not-here"
    refusals.append(await prison.call("GET", "cases"))
    assert {status for status, _, _ in refusals} == {401}
    assert len({str(problem) for _, _, problem in refusals}) == 1


async def test_every_identifier_that_is_wrong_is_named_at_once_and_nothing_leaves(desks: Desks) -> None:
    """R01 with each input's own name; the message says what to change and repeats nothing."""
    prison = desks["prison-mdi"]
    wrong = request("approach", pnc_id="79-163001B", prison_number="1234ABC", crime=" ", offence="TH6800I0")
    wrong["offence"]["date"] = "2999-01-01"
    with pytest.raises(Refused) as refused:
        await prison.post("requests", wrong)
    assert (refused.value.status, refused.value.code) == (422, "R01")
    faults = {fault["name"]: fault for fault in refused.value.problem["faults"]}
    assert set(faults) == {"pnc_id", "prison_number", "crime_reference", "offence_codes", "offence_date"}
    assert faults["pnc_id"]["detail"] == "Use a slash, not a hyphen."
    assert not any(typed in str(refused.value.problem) for typed in ("79-163001B", "1234ABC", "TH6800I0"))
    assert (await prison.get("cases"))["cases"] == []
    assert (await prison.get("receipts"))["receipts"] == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"purpose": "victim-awareness", "fields": []}, 403, "R03"),
        ({"fields": ["home_address"]}, 403, "R17"),
        ({"fields": ["shoe_size"]}, 422, "R17"),
        ({"grounds": []}, 403, "R10"),
        ({"staff": staff(role="chaplain")}, 403, "R04"),
        ({"staff": staff(training="none")}, 403, "R04"),
        ({"sensitivities": ["child-victim"]}, 403, "R12"),
    ],
)
async def test_what_the_agreement_refuses_is_told_at_once(
    desks: Desks, changes: dict[str, object], status: int, code: str
) -> None:
    """With code and clauses; a refusal on record leaves a case, a receipt, and a request that may be made anew."""
    prison = desks["prison-mdi"]
    with pytest.raises(Refused) as refused:
        await prison.post("requests", request(**({"purpose": "conference"} | changes)))
    problem = refused.value.problem
    assert (refused.value.status, refused.value.code) == (status, code)
    if status == 403:
        assert problem["clauses"]
        case = await prison.case(problem["exchange"])
        assert (case["state"], case["code"]) == ("refused", code)
        assert (await prison.get(f"receipts/{problem['jti']}"))["decision"]["decision"] == "refused"
        assert (await prison.ask())["case"]["state"] == "with-police"


async def test_a_body_that_is_not_the_contracts_is_refused_by_place(desks: Desks) -> None:
    """Unknown members, wrong words and no JSON: 422, with the place and never the value."""
    prison = desks["prison-mdi"]
    for spoil, name in (({"sensitivities": ["Rhys"]}, "sensitivities[0]"), ({"holder": "Rhys!"}, "holder")):
        with pytest.raises(Refused) as refused:
            await prison.post("requests", request("approach", **spoil))
        assert refused.value.status == 422
        assert [fault["name"] for fault in refused.value.problem["faults"]] == [name]
        assert "Rhys" not in str(refused.value.problem)
    for body in ({"Rhys": 1}, "Rhys", None, request("approach", victim={"nmae": "Rhys"})):
        assert (await prison.call("POST", "requests", body))[0] == 422


async def test_a_declaration_of_no_conflict_is_needed_to_read_or_open(desks: Desks) -> None:
    """Without it nothing is asked of the gateway."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    with pytest.raises(Refused) as refused:
        await police.post(f"cases/{exchange}/read", {"staff": staff("p1", "police-officer"), "no_conflict": False})
    assert [fault["name"] for fault in refused.value.problem["faults"]] == ["no_conflict"]
    assert (await police.get("receipts"))["receipts"] == []


async def test_a_yes_before_the_request_was_read_and_a_postcode_in_a_value_are_stopped(desks: Desks) -> None:
    """Both at the desk, before anything is sealed."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask("preparation"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    with pytest.raises(Refused) as unread:
        await police.share(exchange, VALUES)
    assert unread.value.status == 409
    await police.read(exchange)
    with pytest.raises(Refused) as stopped:
        await police.share(exchange, VALUES | {"safety_notes": "comes from LS12 4QA"})
    assert [fault["name"] for fault in stopped.value.problem["faults"]] == ["safety_notes"]
    assert (await police.share(exchange, VALUES))["case"]["state"] == "details-shared"


async def test_another_agencys_case_is_not_there(desks: Desks) -> None:
    """Neither side can act as the other, and a stranger finds nothing."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    for desk, path, body in (
        (prison, "accept", {}),
        (police, "cancel", {"why": "other"}),
        (desks["police-14"], "accept", {}),
    ):
        assert (await desk.call("POST", f"cases/{exchange}/{path}", body))[0] == 404
    assert (await desks["police-14"].call("GET", f"cases/{exchange}"))[0] == 404


async def test_nothing_that_an_agency_keeps_can_be_read_and_nothing_personal_is_logged(
    desks: Desks, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """After a whole journey: the desks' folders hold none of it in clear, nor does any line that was logged."""
    caplog.set_level(logging.DEBUG)
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask("preparation"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, VALUES)
    await prison.until(exchange, "contact-answer")
    assert (await prison.open(exchange))["values"]["preferred_name"] == VALUES["preferred_name"]

    kept = files_of(tmp_path / "desks")
    for word in PERSONAL:
        for encoding in ("utf-8", "utf-16-le"):
            assert word.encode(encoding) not in kept
    logged = capfd.readouterr()
    assert not any(word in text for word in PERSONAL for text in (logged.out, logged.err, caplog.text))
    for path in (tmp_path / "desks").rglob("local-api.key"):
        assert path.stat().st_mode & 0o077 == 0


async def test_cases_are_listed_by_state_and_page(desks: Desks) -> None:
    """Filters narrow, pages follow one another, and a word that is no state is refused."""
    prison = desks["prison-mdi"]
    asked = [(await prison.ask("approach", crime=f"13 {n}"))["case"]["exchange"] for n in range(3)]
    await prison.post(f"cases/{asked[1]}/cancel", {"staff": staff(), "why": "other"})
    first = await prison.get("cases?limit=2")
    rest = await prison.get(f"cases?limit=2&after={first['next']}")
    assert [case["exchange"] for case in (*first["cases"], *rest["cases"])] == asked
    cancelled = await prison.get("cases?state=cancelled&side=requester")
    assert [case["exchange"] for case in cancelled["cases"]] == [asked[1]]
    assert (await prison.get("cases?side=holder"))["cases"] == []
    assert (await prison.call("GET", "cases?state=Rhys"))[0] == 422


async def test_an_address_that_is_not_there_and_health_need_no_key(desks: Desks) -> None:
    """Both answer plainly."""
    prison = desks["prison-mdi"]
    for path, status in (("/health/live", 200), ("/health/ready", 200), ("/v1/else", 404), ("/", 404)):
        async with prison.http.get(prison.url + path) as answer:
            assert answer.status == status


def test_every_state_has_words_for_each_side_and_for_the_prisoner() -> None:
    """No state is shown as a code."""
    for state in STATES:
        assert words.state("requester", state)
        assert words.state("holder", state)
        assert words.may_be_told(state)
