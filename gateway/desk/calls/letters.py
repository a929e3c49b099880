"""What the side that holds a letter of apology calls. What a letter says is never sent to the gateway."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web
from msgspec import Struct

from gateway.desk import letters
from gateway.desk.agency import Agency
from gateway.desk.beside_replies import LetterContent, Letters, ToldLetter
from gateway.desk.calls.call import BODY_BYTES_MAX, Answered, Call, Look, answering
from gateway.desk.calls.reading import name_in
from gateway.desk.calls.scene import Scene
from gateway.desk.lettering import LETTER_BODY_MAX, ChangeLetter, EndLetter, Hold, SendOn
from gateway.desk.letters import Held

B = TypeVar("B", bound=Struct)

TEXT: Final = "I am sorry for what I did that night. I do not ask you to forgive me."


def _of_letter(
    body: type[B],
    do: Callable[[Agency, str, B], Awaitable[Held]],
    summary: str,
    *,
    example: Callable[[Scene], B],
    description: str = "",
    statuses: tuple[HTTPStatus, ...] = (HTTPStatus.OK,),
    most: int = BODY_BYTES_MAX,
) -> Call:
    """A call that changes a letter: 201 where another one is held after it."""

    async def changed(agency: Agency, letter: str, wanted: B) -> Answered:
        held = await do(agency, letter, wanted)
        status = HTTPStatus.OK if letter == held.letter.id else HTTPStatus.CREATED
        return status, ToldLetter.of(held, await agency.known())

    return answering(
        body,
        changed,
        ToldLetter,
        summary,
        statuses=statuses,
        example=example,
        kept=True,
        description=description,
        most=most,
    )


async def _hold(agency: Agency, _: str, wanted: Hold) -> Held:
    return await letters.hold(agency, wanted)


async def _letters(agency: Agency, _: web.Request) -> Letters:
    known = await agency.known()
    return Letters(letters=tuple(ToldLetter.of(each, known) for each in await letters.every(agency)))


async def _letter(agency: Agency, request: web.Request) -> ToldLetter:
    return ToldLetter.of(await letters.one(agency, name_in(request)), await agency.known())


async def _content(agency: Agency, request: web.Request) -> LetterContent:
    return LetterContent.of(await letters.content(agency, name_in(request)))


CALLS: Final[Mapping[str, Call]] = {
    "letters": _of_letter(
        Hold,
        _hold,
        "Hold a letter of apology",
        description="Its text, or a scan in base64 (a PDF, JPEG or PNG of at most 4 MiB): one of the two. `id` and "
        "`sha256` of the answer are the `letter` of the request that offers it.",
        statuses=(HTTPStatus.CREATED,),
        example=lambda scene: Hold(
            staff=scene.coordinator, prison_number="A1234BC", offender="Rhys Ó Briain", text=TEXT
        ),
        most=LETTER_BODY_MAX,
    ),
    "letters/{id}/change": _of_letter(
        ChangeLetter,
        letters.change,
        "Hold a letter as it was written anew",
        description="It is the same letter while it was never offered (200). After that it is another, with an id of "
        "its own (201).",
        statuses=(HTTPStatus.OK, HTTPStatus.CREATED),
        example=lambda scene: ChangeLetter(staff=scene.coordinator, text=TEXT + " Rhys"),
        most=LETTER_BODY_MAX,
    ),
    "letters/{id}/send-on": _of_letter(
        SendOn,
        letters.send_on,
        "Say that a letter has gone to the office",
        description="Only once the victim wants it.",
        example=lambda scene: SendOn(staff=scene.coordinator),
    ),
    "letters/{id}/end": _of_letter(
        EndLetter,
        letters.end,
        "Say that a letter was destroyed or given back",
        description="Unless it is offered, or the victim wants it. What it says is gone from the desk at once.",
        example=lambda scene: EndLetter(staff=scene.coordinator, how="returned"),
    ),
}

LOOKS: Final[Mapping[str, Look]] = {
    "letters": Look(summary="List the letters, and how each stands", answer=Letters, do=_letters),
    "letters/{id}": Look(summary="Show how one letter stands", answer=ToldLetter, do=_letter),
    "letters/{id}/content": Look(summary="Read what a letter says", answer=LetterContent, do=_content),
}
