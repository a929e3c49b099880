"""What stands in the way of a request, as people say it: one sentence for each reason that a holder may give.

The code goes with it to inspectors; the prison learns neither.
"""

from typing import Final

from msgspec import Struct

from contracts.vocabulary import ReasonCode


class Reason(Struct, frozen=True, kw_only=True):
    """One reason: `word` is what the form says, `code` what the agreement calls it."""

    word: str
    code: ReasonCode
    said: str
    hint: str = ""


class Group(Struct, frozen=True, kw_only=True):
    """Reasons of one kind."""

    title: str
    reasons: tuple[Reason, ...]


NO: Final = Reason(word="no", code="R19", said="The victim said no")
NOT_REACHED: Final = Reason(word="not-reached", code="R20", said="The victim did not reply in time")

GROUPS: Final[tuple[Group, ...]] = (
    Group(
        title="Who it is about",
        reasons=(
            Reason(
                word="not-matched",
                code="R02",
                said="We cannot match the person or the offence",
                hint="Ask the prison for more first, if there is time.",
            ),
            Reason(
                word="duplicate",
                code="R16",
                said="The same request is in hand already",
                hint="The same person, crime and purpose.",
            ),
            Reason(word="not-traced", code="R14", said="The victim cannot be traced"),
        ),
    ),
    Group(
        title="Safety",
        reasons=(
            Reason(
                word="declined-before",
                code="R06",
                said="The victim has asked for no further contact",
                hint="A standing instruction. Approach nobody.",
            ),
            Reason(
                word="risk",
                code="R08",
                said="It would put somebody at risk",
                hint="Act on the concern under safeguarding law at once. It does not wait for this answer.",
            ),
            Reason(
                word="nobody-trained",
                code="R11",
                said="Nobody here has the training that this case needs",
            ),
        ),
    ),
    Group(
        title="Law",
        reasons=(
            Reason(word="order", code="R07", said="A no-contact condition or a court order stands against it"),
            Reason(word="proceedings", code="R09", said="Proceedings or an appeal are live"),
        ),
    ),
    Group(
        title="Family",
        reasons=(
            Reason(
                word="child",
                code="R12",
                said="The victim is a child",
                hint="A child is reached only through a guardian. The prison has to ask for the family’s route.",
            ),
            Reason(
                word="died",
                code="R18",
                said="The victim has died",
                hint="The family is reached through a spokesperson. The prison has to ask for the family’s route.",
            ),
        ),
    ),
)
EVERY: Final[tuple[Reason, ...]] = tuple(reason for group in GROUPS for reason in group.reasons)


def by_word(word: str) -> Reason | None:
    """The reason that a form names."""
    return next((reason for reason in EVERY if reason.word == word), None)


def by_code(code: ReasonCode | None) -> Reason | None:
    """The words for a code."""
    return next((reason for reason in (*EVERY, NO, NOT_REACHED) if reason.code == code), None)
