"""A yes that ends by itself, and what it had released with it."""

from gateway.demo import phrases
from gateway.demo.staff import officer
from gateway.demo.story.people import JAMIE, MOORLAND, SOUTH_YORKSHIRE, asks, coordinator
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage

LASTS = 4
"""Seconds."""


async def play(stage: Stage) -> None:
    """A check before temporary release, with a yes that lasts for seconds."""
    prison, police = stage.desk(MOORLAND), stage.desk(SOUTH_YORKSHIRE)

    wanted = asks(
        JAMIE, SOUTH_YORKSHIRE, "rotl-check", fields=("exclusion",), grounds=("risk-assessment", "governor-approval")
    )
    said = await prison.ask(wanted)
    exchange = said.case.exchange
    await police.heard(exchange, "contact-request", within=LONGEST_WAIT)
    await police.read(exchange, officer())
    brief = phrases.consent(lasts=LASTS)
    await police.say(exchange, "answer", **phrases.yes(officer(), ("exclusion",), {"exclusion": "yes"}, brief))
    await prison.heard(exchange, "contact-answer", within=LONGEST_WAIT)
    opened = await prison.open(exchange, coordinator(), "release-planning")
    stage.step(
        left="Moorland considers a day's release for a meeting outside, and asks whether the victim wants any place "
        f"kept clear. Opened: exclusion: {opened.values.get('exclusion')}. No place is named.",
        gateway=f"Line {opened.leaf}: opened. It may be opened for {LASTS} seconds: as long as the yes lasts.",
        right="The victim agrees to say that much, for now.",
    )
    await prison.heard(exchange, "notice-expired", within=LONGEST_WAIT)
    await prison.heard(exchange, "notice-erased", within=LONGEST_WAIT)
    late = await stage.refused(prison.open(exchange, coordinator(), "release-planning"))
    shown, seen = await prison.case(exchange), await stage.world.inspector.inspect(exchange)
    stage.step(
        left=f"“{shown.state_words}”\nOpened again: " + (f"“{late.problem.detail}”" if late else "it opens."),
        gateway="Two lines: expired, erased. Erasure is an event too, and the proofs still hold.",
        right="The police are told of both.",
    )
    stage.check("After the yes has ended nothing can be opened", late is not None)
    stage.check("The value is erased", (seen.state, seen.erased) == ("expired", True))


SCENE = Scene(
    title="A yes that ends",
    about="Consent lasts for a time. When it ends, what it released is erased.",
    play=play,
)
