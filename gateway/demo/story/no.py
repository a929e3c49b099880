"""A no and a silence, which the prison cannot tell apart; and a second request that reaches nobody."""

import asyncio

from gateway.demo import phrases
from gateway.demo.said import Json
from gateway.demo.staff import officer
from gateway.demo.story.people import ACCEPTED, KIERAN, LEWIS, MOORLAND, SOUTH_YORKSHIRE, WEST_YORKSHIRE, asks
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage

OWN = ("exchange", "holder", "holder_name", "ring", "asked_at", "asked_at_words", "due")
"""What makes a case this case: which it is, whom it was put to, and when. All else must be the same."""

ENDED = "notice-cannot-proceed"
ERASED = "notice-erased"


async def play(stage: Stage) -> None:
    """Ask twice; one victim says no, one force says nothing; then ask about the first again."""
    said, silent = await _ask_both(stage)
    await _told_alike(stage, said, silent)
    await _again(stage, said, silent)


async def _ask_both(stage: Stage) -> tuple[str, str]:
    prison, police, other = stage.desk(MOORLAND), stage.desk(WEST_YORKSHIRE), stage.desk(SOUTH_YORKSHIRE)
    first, second = await asyncio.gather(
        prison.ask(asks(KIERAN, WEST_YORKSHIRE, "approach", grounds=ACCEPTED)),
        prison.ask(asks(LEWIS, SOUTH_YORKSHIRE, "approach", grounds=ACCEPTED)),
    )
    said, silent = first.case.exchange, second.case.exchange
    await police.heard(said, "contact-request", within=LONGEST_WAIT)
    await other.heard(silent, "contact-request", within=LONGEST_WAIT)
    await police.read(said, officer())
    answered = await police.say(said, "answer", **phrases.no("R19", officer()))
    shown = await prison.case(said, fresh=True)
    stage.step(
        left="Moorland asks about two men on the same day, at two forces.",
        gateway=f"Line {answered.leaf}: an answer. The reason is for inspectors alone; to everybody else the line "
        "looks like any other.",
        right="West Yorkshire asks its victim, who says no. That is respected at once: a standing instruction not to "
        "ask again. South Yorkshire says nothing at all.",
    )
    stage.step(left=f"“{shown.state_words}”, for both. The no has been given; the prison cannot see it.")
    stage.check("After the no the prison still reads what it reads of a silence", shown.state == "with-police")
    return said, silent


async def _told_alike(stage: Stage, said: str, silent: str) -> None:
    prison = stage.desk(MOORLAND)
    for exchange in (said, silent):
        await prison.heard(exchange, ENDED, within=LONGEST_WAIT)
        await prison.heard(exchange, ERASED, within=LONGEST_WAIT)
    no, silence = await prison.case_as_shown(said), await prison.case_as_shown(silent)
    stage.step(
        gateway="The answer window ends. Both requests are told the same, in the same words, at the same moment: the "
        "end of the window, whatever was known before.",
    )
    stage.beside(("What the prison reads of the no", _read(no)), ("What it reads of the silence", _read(silence)))
    stage.check("A no and a silence read the same, word for word", _words(no) == _words(silence))
    heard = [prison.events(exchange) for exchange in (said, silent)]
    stage.check("The prison's desk heard the same of both, and nothing more of either", heard[0] == heard[1])
    seen = [await stage.world.inspector.inspect(exchange) for exchange in (said, silent)]
    stage.step(
        gateway="An inspector, who must know whether forces answer, reads: one victim declined (R19); one force did "
        "not answer in time.",
    )
    stage.check("The inspector reads R19 for the no", (seen[0].state, seen[0].code) == ("cannot-proceed", "R19"))
    stage.check("The inspector reads a silence as a silence", (seen[1].state, seen[1].code) == ("expired", None))


async def _again(stage: Stage, said: str, silent: str) -> None:
    prison, police = stage.desk(MOORLAND), stage.desk(WEST_YORKSHIRE)
    again = (await prison.ask(asks(KIERAN, WEST_YORKSHIRE, "approach", grounds=ACCEPTED))).case.exchange
    await police.heard(again, "contact-request", within=LONGEST_WAIT)
    read = await police.read(again, officer())
    found = [finding.code for finding in read.findings]
    await police.say(again, "answer", **phrases.no("R06", officer()))
    stage.step(
        left="Some time later Moorland asks about Kieran again.",
        gateway="The same window begins, and runs to its end.",
        right="The desk shows the officer: “no further contact”. Nobody rings, nobody writes. The victim hears nothing "
        "of it.",
    )
    stage.check("The victim's no is found before anybody is approached", found == ["R06"])
    await prison.heard(again, ENDED, within=LONGEST_WAIT)
    first, second = await prison.case_as_shown(said), await prison.case_as_shown(again)
    stage.step(left=f"“{second.get('state_words')}”: the very same words.")
    stage.check("The second request ends in the same words as the first", _words(first) == _words(second))
    await prison.heard(again, ERASED, within=LONGEST_WAIT)
    stage.check("And the prison's desk heard no more of it", prison.events(again) == prison.events(silent))
    seen = await stage.world.inspector.inspect(again)
    stage.check("The inspector reads R06 for it", (seen.state, seen.code) == ("cannot-proceed", "R06"))


def _words(case: Json) -> Json:
    """All that the prison reads of a case, but for what makes it this case."""
    return {name: value for name, value in case.items() if name not in OWN}


def _read(case: Json) -> str:
    return "\n".join(str(case[name]) for name in ("state_words", "what_may_be_told") if case.get(name))


SCENE = Scene(
    title="A no",
    about="“No” is never made known to the prison: it must look exactly like a force that does not answer.",
    play=play,
)
