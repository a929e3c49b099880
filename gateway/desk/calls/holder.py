"""What police and victim liaison units call on a case."""

from collections.abc import Mapping
from typing import Final

from contracts.messages.contact_answer import Consent
from gateway.desk import answer, holder
from gateway.desk.agency import Agency
from gateway.desk.answering import Accept, Answer, CallBack, Decide, Find, NeedMore, Read
from gateway.desk.calls.call import Call, Look, doing, saying
from gateway.desk.calls.scene import Scene
from gateway.desk.replies import Request


async def _read(agency: Agency, exchange: str, wanted: Read) -> Request:
    read = await holder.read_request(agency, exchange, wanted)
    return Request.of(read, await agency.known())


def _a_yes(scene: Scene) -> Answer:
    return Answer(
        staff=scene.officer,
        outcome="shared",
        values={"preferred_name": "Siân D’Souza", "contact_channel": "07700 900123", "safe_times": "after 18:00"},
        consent=Consent(
            given_at=scene.now - 60,
            given_by="victim",
            how="by-phone",
            informed=("what-rj-is", "what-they-may-gain", "may-stop-at-any-time"),
            valid_until=scene.at(80),
        ),
    )


CALLS: Final[Mapping[str, Call]] = {
    "cases/{id}/accept": saying(
        Accept,
        holder.accept,
        "Say that an office deals with it",
        description="The office may be left out: it is then the agency's first.",
        example=lambda scene: Accept(staff=scene.officer),
    ),
    "cases/{id}/read": doing(
        Read,
        _read,
        Request,
        "Read who and what a request is about",
        description="By a person who signed in with `mfa`, and on record first. A finding with a code means: approach "
        "nobody, and answer that it cannot proceed, with that code.",
        example=lambda scene: Read(staff=scene.officer, no_conflict=True),
        kept=False,
    ),
    "cases/{id}/more-needed": saying(
        NeedMore,
        holder.more_needed,
        "Ask the requester for what is missing",
        example=lambda scene: NeedMore(staff=scene.officer, missing=("offence-details",)),
    ),
    "cases/{id}/sensitivity": saying(
        Find,
        holder.find_sensitive,
        "Say that a case is sensitive",
        description="What the requester could not know. From now on the case goes to review.",
        example=lambda scene: Find(staff=scene.officer, found=("stalking",)),
    ),
    "cases/{id}/review": saying(
        Decide,
        holder.review,
        "Decide the review of a sensitive case",
        description="By somebody trained for it, who did not ask. The reasons are sealed for the inspectorate.",
        example=lambda scene: Decide(staff=scene.reviewer, decision="proceed", reasons="On its merits."),
    ),
    "cases/{id}/answer": saying(
        Answer,
        answer.answer,
        "Answer a request",
        description="What the victim chose, or why nothing can be done. Only a yes carries values and consent.",
        example=_a_yes,
    ),
    "cases/{id}/recall": saying(
        CallBack,
        holder.recall,
        "Take the victim's details back",
        description="No reason is asked or given. It goes before everything else that waits.",
        example=lambda scene: CallBack(staff=scene.officer),
    ),
}

LOOKS: Final[Mapping[str, Look]] = {}
