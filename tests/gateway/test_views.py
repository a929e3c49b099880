"""Who sees what of an exchange, as it stands at each stage."""

import pytest
from msgspec.structs import asdict, replace

from contracts.messages.contact_request import Follows
from gateway.decide.exchange import STAGES, Exchange, Stage
from gateway.decide.views import SEEN, seen_by_requester, view
from tests.gateway.decide.scene import EXCHANGE, INSPECTORATE, NOW, POLICE, PRISON, agency

OTHER = "01890a5d-ac96-774b-bcce-00000000bbbb"


def _exchange(stage: Stage = "with-police", **changes: object) -> Exchange:
    whole = Exchange(
        id=EXCHANGE,
        requester=PRISON,
        holder=POLICE,
        purpose="conference",
        fields=("safe_times",),
        offence_groups=("hate",),
        sensitivities=("hate",),
        asked_by=("A" * 22,),
        asked_at=NOW,
        answer_by=NOW + 60,
        subject=EXCHANGE,
        agreement="D" * 43,
        stage=stage,
        review="proceed",
        reviewed_by=("R" * 22,),
        follows=Follows(exchange=OTHER, why="asked-again"),
        code="R19",
        clauses=("6.6",),
        told=("9.4",),
        answer=OTHER,
        withheld=("home_address",),
        overdue=True,
        erased=True,
    )
    return replace(whole, **changes)


@pytest.mark.parametrize("stage", STAGES)
def test_a_requester_reads_nothing_that_is_the_holders(stage: Stage) -> None:
    """No exact clause, review, sensitivity, dropped field's name or lateness; a code only where it is told."""
    seen = view(_exchange(stage), agency(PRISON), inspects=False)
    assert seen is not None
    assert (seen.review, seen.sensitivities, seen.withheld_fields) == (None, (), ())
    assert (seen.overdue, seen.erased) == (None, None)
    assert (seen.clauses, seen.withheld, seen.follows) == (("9.4",), 1, OTHER)
    assert seen.code == ("R19" if stage in ("refused", "held-elsewhere") else None)
    assert seen.answer == (None if stage in ("with-police", "cannot-proceed", "cancelled") else OTHER)


@pytest.mark.parametrize("stage", STAGES)
def test_a_no_changes_nothing_that_the_requester_reads(stage: Stage) -> None:
    """At every stage at which there may be one."""
    if stage not in ("with-police", "cannot-proceed", "cancelled"):
        return
    said = _exchange(stage, ended_no=True)
    silent = _exchange(stage, code=None, clauses=(), answer=None, review="not-needed", overdue=False, reviewed_by=())
    requester = agency(PRISON)
    assert view(said, requester, inspects=False) == view(silent, requester, inspects=False)


@pytest.mark.parametrize("stage", STAGES)
def test_holder_and_inspector_see_the_whole(stage: Stage) -> None:
    """What the requester sees and all the rest; but a request that was refused never reached its holder."""
    exchange = _exchange(stage)
    held = view(exchange, agency(POLICE), inspects=False)
    inspected = view(exchange, agency(INSPECTORATE), inspects=True)
    assert (held is None) == (stage == "refused")
    assert inspected is not None
    for whole in (held, inspected):
        if whole is not None:
            assert (whole.code, whole.clauses, whole.answer) == ("R19", ("6.6",), OTHER)
            assert (whole.review, whole.sensitivities, whole.withheld_fields) == (
                "proceed",
                ("hate",),
                ("home_address",),
            )
            assert (whole.overdue, whole.erased) == (True, True)
    asked = view(exchange, agency(PRISON), inspects=False)
    assert asked is not None
    same = set(asdict(asked)) - {"state", "code", "clauses", "answer"}
    assert all(asdict(asked)[name] in (asdict(inspected)[name], None, ()) for name in same)


@pytest.mark.parametrize("stage", STAGES)
def test_to_everyone_else_there_is_no_such_exchange(stage: Stage) -> None:
    """Another prison, another force, a party."""
    for other in ("prison-lei", "police-14", "party-noms"):
        assert view(_exchange(stage), agency(other), inspects=False) is None


def test_each_side_has_its_own_word_for_the_state() -> None:
    """A no is known to the holder and inspectors before the requester; silence has a name of its own for inspectors."""
    no, silence = _exchange(ended_no=True), _exchange("cannot-proceed")
    readers = [(PRISON, False), (POLICE, False), (INSPECTORATE, True)]
    states = [[_state(each, reader, inspects) for reader, inspects in readers] for each in (no, silence)]
    assert states == [
        ["with-police", "cannot-proceed", "cannot-proceed"],
        ["cannot-proceed", "cannot-proceed", "expired"],
    ]
    ended = replace(no, stage="cannot-proceed")
    assert _state(ended, INSPECTORATE, True) == "cannot-proceed"


def _state(exchange: Exchange, reader: str, inspects: bool) -> str | None:
    seen = view(exchange, agency(reader), inspects=inspects)
    return seen.state if seen else None


def test_more_needed_and_recorded_outcomes_show_where_they_matter() -> None:
    """`more-needed` while with the police only; `outcome-recorded` until the exchange ends otherwise."""
    assert seen_by_requester(_exchange(missing=("letter",))) == "more-needed"
    assert seen_by_requester(_exchange("cannot-proceed", missing=("letter",))) == "cannot-proceed"
    for stage in STAGES:
        recorded = seen_by_requester(_exchange(stage, outcome_recorded=True))
        assert recorded == ("outcome-recorded" if stage in ("shared", "agreed", "expired") else SEEN[stage])
