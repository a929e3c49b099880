"""The agreement that the demonstration signs."""

import tomllib
from datetime import date

import pytest

from contracts import agreement
from gateway.demo import terms

TODAY = date(2026, 11, 22)
TIMES = {"windows": {"answer": "8 seconds", "accept": "3 seconds"}, "retention": {"values": "1 hour"}}


def test_only_the_named_times_change() -> None:
    """Clauses, rules and everything else stay word for word."""
    text = terms.published()
    before, after = tomllib.loads(text), tomllib.loads(terms.with_times(text, TIMES, TODAY))
    for table, spans in TIMES.items():
        for key, span in spans.items():
            assert after[table].pop(key) == span
            before[table].pop(key)
    assert after == before


def test_the_copy_is_an_agreement_that_the_program_accepts() -> None:
    """It loads, under the same id and version, with the windows asked for."""
    loaded = agreement.load(terms.with_times(terms.published(), TIMES, TODAY))
    assert (loaded.id, loaded.version, loaded.windows.answer) == ("noms-acpo", 1, "8 seconds")


@pytest.mark.parametrize("today", [date(2025, 1, 1), date(2031, 1, 1)])
def test_it_is_in_force_whenever_the_demonstration_is_run(today: date) -> None:
    """The term moves only where today is outside it."""
    loaded = agreement.load(terms.with_times(terms.published(), {}, today))
    assert loaded.in_force <= today <= loaded.ends


@pytest.mark.parametrize("times", [{"windows": {"reply": "1 second"}}, {"holidays": {"answer": "1 second"}}])
def test_a_time_that_is_not_there_is_refused(times: terms.Times) -> None:
    """Nothing is invented."""
    with pytest.raises((ValueError, KeyError)):
        terms.with_times(terms.published(), times, TODAY)
