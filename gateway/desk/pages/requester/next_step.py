"""What to do next on a case: one clear step where there is one, and what else may be done. Pure."""

from typing import Final

from msgspec import Struct

from gateway.desk.case import Case
from gateway.desk.showing import Shown

CASES: Final = "/requester/cases"


class Step(Struct, frozen=True, kw_only=True):
    """A link to where it is done; without `href` there is nothing to do."""

    words: str
    href: str | None = None


class Steps(Struct, frozen=True, kw_only=True):
    """The first thing to do, and the others."""

    first: Step
    others: tuple[Step, ...] = ()


def steps(case: Case, shown: Shown, unsent: tuple[str, ...]) -> Steps:
    """What this case waits for. What has been said and waits to be sent is not to be said again."""
    here = f"{CASES}/{case.exchange}"
    cancel = Step(words="Cancel the request", href=f"{here}/cancel")
    outcome = Step(words="Record what came of it", href=f"{here}/outcome")
    look = Step(words="Read the details", href=f"{here}/details")
    others = (cancel,) if "cancel" in shown.next and not unsent else ()
    if unsent:
        again = (Step(words="Read the details again", href=f"{here}/details"),) if case.shared and case.read_of else ()
        return Steps(first=Step(words="Nothing. What you sent is kept here, and goes out by itself."), others=again)
    if "supplement" in shown.next:
        return Steps(first=Step(words="Send what was missing", href=f"{here}/more-needed"), others=others)
    if case.shared and case.read_of != case.answer:
        return Steps(first=look, others=(outcome, *others))
    if "outcome" in shown.next:
        again = (Step(words="Read the details again", href=f"{here}/details"),) if case.shared else ()
        return Steps(first=outcome, others=(*again, *others))
    return Steps(first=_ended(case), others=others)


def _ended(case: Case) -> Step:
    match case.state:
        case "with-police":
            return Step(words="Nothing is needed from you now.")
        case "held-elsewhere" if case.followed_by:
            return Step(words="Go on with the request at the other agency", href=f"{CASES}/{case.followed_by}")
        case "refused":
            return Step(words="Make the request again", href="/requester/requests/new")
        case "cancelled":
            return Step(words="Hand the case over to another prison", href=f"{CASES}/{case.exchange}/hand-over")
        case "queued":
            return Step(words="Nothing. It goes out by itself.")
        case _:
            return Step(words="There is nothing more to do.")
