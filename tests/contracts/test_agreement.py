"""The agreement: what its tables say, that its prose says the same, and that a defective one is refused by name."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from contracts.agreement import Agreement, AgreementRefused, load
from contracts.vocabulary import NEVER_RELEASED, OffenceGroup, ReasonCode, Sensitivity

TEXT = (Path(__file__).parents[2] / "deploy/agreement/noms-acpo-v1.toml").read_text(encoding="utf-8")

MEETING = ("preferred_name", "contact_channel", "safe_times", "access_needs")
ACCEPTS, ASSESSED = "responsibility-accepted", "risk-assessment"
PURPOSES = {
    "approach": ((), (ACCEPTS,), ("victim",)),
    "letter": ((), (ACCEPTS,), ("victim",)),
    "conference": (MEETING, (ACCEPTS, ASSESSED), ("victim",)),
    "preparation": (
        (*MEETING, "meeting_place", "safety_notes"),
        (ACCEPTS, ASSESSED, "facilitator-named"),
        ("victim",),
    ),
    "representative": (
        ("representative_name", "representative_channel", "safe_times"),
        (ACCEPTS, ASSESSED),
        ("guardian", "family-spokesperson"),
    ),
    "rotl-check": (("exclusion",), (ASSESSED, "governor-approval"), ("victim",)),
}
TOLD = {"R01", "R03", "R04", "R05", "R10", "R17", "R21"}
FACES = {"R12": "told-if-flagged", "R13": "held-elsewhere", "R15": "held-elsewhere"}


@pytest.fixture(scope="module")
def agreement() -> Agreement:
    return load(TEXT)


def changed(old: str, new: str) -> str:
    """The agreement with one passage changed; the passage must be there, or the test would prove nothing."""
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def clause(agreement: Agreement, number: str) -> str:
    """A clause as one line."""
    return " ".join(next(c.text for c in agreement.clause if c.number == number).split())


def test_each_purpose_releases_exactly_its_fields_on_exactly_its_grounds(agreement):
    """The table of purposes says what the domain says, no more and no less."""
    told = {rule.name: (rule.fields, rule.grounds, rule.consent_by) for rule in agreement.purpose}
    assert told == PURPOSES


def test_only_a_letter_needs_a_letter(agreement):
    """A yes names the letter for this purpose alone."""
    assert [rule.name for rule in agreement.purpose if rule.letter] == ["letter"]


def test_no_purpose_releases_what_is_never_released(agreement):
    """A home address, a date of birth and a second number stay with the holder."""
    assert not {field for rule in agreement.purpose for field in rule.fields} & set(NEVER_RELEASED)


def test_every_reason_has_its_public_face(agreement):
    """Each code shows the requester what the domain says: told, cannot proceed, or held elsewhere."""
    faces = {reason.code: reason.face for reason in agreement.reason}
    assert faces == {
        code: "told" if code in TOLD else FACES.get(code, "cannot-proceed") for code in get_args(ReasonCode)
    }


def test_every_sensitivity_and_every_named_offence_group_is_reviewed(agreement):
    """No kind of sensitive case slips past the reviewer with advanced training."""
    assert agreement.reviewing.sensitivities == get_args(Sensitivity)
    assert {*agreement.reviewing.offence_groups, "other"} == set(get_args(OffenceGroup))
    assert agreement.reviewing.training == "advanced"


def test_nobody_both_asks_and_answers(agreement):
    """The two sides are different kinds of agency and different roles."""
    assert not set(agreement.asking.kinds) & set(agreement.answering.kinds)
    assert not set(agreement.asking.roles) & set(agreement.answering.roles)


def test_each_agency_kind_that_asks_or_answers_belongs_to_one_party(agreement):
    """Somebody has signed for each of them, once."""
    kinds = sorted(kind for party in agreement.party for kind in party.agencies)
    assert kinds == sorted((*agreement.asking.kinds, *agreement.answering.kinds))


def test_the_clauses_are_numbered_in_order_without_a_gap(agreement):
    """A reader who looks for clause 8.6 finds it between 8.5 and 8.7, in the part that its heading names."""
    expected, part, below = [], 0, 0
    for number in (c.number for c in agreement.clause):
        part, below = (part, below + 1) if "." in number else (part + 1, 0)
        expected.append(f"{part}.{below}" if below else f"{part}")
    assert [c.number for c in agreement.clause] == expected


def test_a_report_may_be_left_out_of_an_agreement_and_nobody_is_named_for_it_in_vain(agreement):
    """The table is optional; who gives a report or delays it also answers, opens or reviews."""
    without = load(re.sub(r"\[access_report\]\n(\w.*\n)+", "", TEXT))
    assert without.access_report is None
    report = agreement.access_report
    assert set(report.roles) <= {*agreement.answering.roles, *agreement.reviewing.roles}
    assert set(report.delay_roles) <= set(agreement.reviewing.roles)
    assert (report.clause, report.delay_clause) == ("13.7", "13.8")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("3.10", "never released"),
        ("4.4", "vouches for its staff"),
        ("4.5", "A system may not"),
        ("6.2", "A yes is informed"),
        ("7.4", "Nobody reviews their own case"),
        ("8.3", "no conflict of interest"),
        ("8.6", "acknowledges within one working day"),
        ("11.11", "none is handed over while their last confirmation is older than"),
        ("9.4", "at the same moment, the end of the answer window"),
        ("13.7", "names no person and no establishment"),
        ("13.8", "how many hand-overs are left out"),
        ("12.3", "accepted under any version, during suspension, and after this agreement has lapsed"),
    ],
)
def test_the_clauses_that_the_code_cites_say_what_it_cites_them_for(agreement, number, words):
    """A comment in the program that names a clause sends its reader to the right one."""
    assert words in clause(agreement, number)


def test_the_times_in_the_prose_are_the_times_in_the_tables(agreement):
    """What is signed and what is evaluated cannot drift apart."""
    windows, kept = agreement.windows, agreement.retention
    stated = [
        ("4.6", agreement.opening.signed_in_within),
        ("6.4", agreement.consent.longest),
        ("10.2", windows.accept),
        ("10.2", windows.review),
        ("10.3", windows.answer),
        ("10.4", windows.acknowledge_recall),
        ("10.4", windows.outcome),
        ("11.8", kept.values),
        ("11.8", kept.record),
        ("11.11", agreement.cosigning.oldest),
        ("13.8", agreement.access_report.delay_longest),
    ]
    assert [said for said in stated if said[1] not in clause(agreement, said[0])] == []
    for day in (agreement.in_force, agreement.ends):
        assert f"{day.day} {day:%B %Y}" in clause(agreement, agreement.term_clause)


def test_an_agreement_may_leave_the_cosigners_out():
    """Versions that were signed before there were any can still be loaded."""
    assert load(changed('[cosigning]\noldest = "10 minutes"\nclause = "11.11"\n', "")).cosigning is None


def test_every_clause_that_another_clause_mentions_exists(agreement):
    """A cross-reference in the prose leads somewhere."""
    numbers = {c.number for c in agreement.clause}
    mentioned = {n for c in agreement.clause for n in re.findall(r"clause (\d+\.\d+)", " ".join(c.text.split()))}
    assert mentioned
    assert mentioned <= numbers


def test_restorative_justice_is_not_victim_awareness_work(agreement):
    """The definition that keeps victims' details out of courses about victims in general."""
    means = {" ".join(d.means.split()) for d in agreement.definition if d.term == "restorative justice"}
    assert any("not victim-awareness work" in text for text in means)


def test_an_agreement_in_force_on_one_day_only_is_accepted():
    """The first day and the last may be the same."""
    assert load(changed("ends = 2029-09-30", "ends = 2026-10-01")).ends == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("id = ", "not valid TOML", id="broken TOML"),
        pytest.param(changed('title = "', 'surprise = 1\ntitle = "'), "surprise", id="unknown key"),
        pytest.param(changed("multi_factor = true", "multifactor = true"), "multifactor", id="misspelt key in a table"),
        pytest.param(
            changed('roles = ["rj-coordinator"]', 'roles = ["governor"]'), r"\$\.asking\.roles\[0\]", id="unknown role"
        ),
        pytest.param(changed('["exclusion"]', '["postcode"]'), r"\$\.purpose\[5\]\.fields\[0\]", id="unknown field"),
        pytest.param(changed('name = "letter"', 'name = "visit"'), r"\$\.purpose\[1\]\.name", id="unknown purpose"),
        pytest.param(
            changed('answer = "20 working days"', 'answer = "20 fortnights"'), r"\$\.windows\.answer", id="bad span"
        ),
        pytest.param(
            changed('values = "90 days"', 'values = "0 days"'), r"\$\.retention\.values", id="a span of nothing"
        ),
        pytest.param(changed("version = 1", "version = true"), r"\$\.version", id="wrong type"),
        pytest.param(changed('clause = "4.7"', ""), "clause", id="table without its clause"),
        pytest.param(
            changed('ended_clause = "8.5"', 'ended_clause = "8.99"'), r"opening\.ended_clause names clause 8\.99",
            id="clause that does not exist",
        ),
        pytest.param(changed('number = "8.6"', 'number = "8.5"'), r"clause 8\.5 stands there twice", id="clause twice"),
        pytest.param(
            changed('name = "conference"', 'name = "approach"'), "purpose approach stands there twice",
            id="purpose twice",
        ),
        pytest.param(changed('code = "R21"', 'code = "R20"'), "reason R21 is missing", id="missing reason"),
        pytest.param(changed('code = "R21"', 'code = "R20"'), "reason R20 stands there twice", id="reason twice"),
        pytest.param(changed('code = "R21"', 'code = "R22"'), r"\$\.reason\[20\]\.code", id="unknown reason"),
        pytest.param(
            changed("ends = 2029-09-30", "ends = 2026-09-30"), "ends is before in_force", id="ends before it begins"
        ),
        pytest.param(
            changed('purpose = "representative"', 'purpose = "other"'), r"children\.purpose", id="no route to a child"
        ),
        pytest.param(
            changed('name = "rotl-check"', 'name = "other"'), "purpose other", id="permits what stands for no purpose"
        ),
        pytest.param(
            changed('roles = ["inspector"]', 'roles = ["inspector", "other"]'), r"inspecting\.roles",
            id="grants something to no role",
        ),
        pytest.param(
            changed('delay_reasons = ["investigation"', 'delay_reasons = ["busy"'), r"\$\.access_report\.delay_reasons",
            id="delays for a reason that nobody knows",
        ),
        pytest.param(
            changed('delay_roles = ["reviewer"]', 'delay_roles = ["other"]'), r"access_report\.delay_roles",
            id="lets no role delay",
        ),
        pytest.param(
            changed('delay_clause = "13.8"', 'delay_clause = "13.9"'), r"access_report\.delay_clause",
            id="delays under no clause",
        ),
        pytest.param(
            changed('fields = ["exclusion"]', 'fields = ["exclusion", "home_address"]'),
            r"purpose rotl-check\.fields names home_address", id="releases what is never released",
        ),
    ],
)  # fmt: skip
def test_a_defective_agreement_is_refused_with_the_name_of_the_defect(text, named):
    """What the program does not know, or what contradicts itself, is not evaluated in part."""
    with pytest.raises(AgreementRefused, match=named):
        load(text)
