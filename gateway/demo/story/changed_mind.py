"""A victim who changes their mind after details were shared."""

from gateway.demo import phrases
from gateway.demo.staff import officer
from gateway.demo.story.people import ADAM, CONFERENCE, LEEDS, SOFIA, WEST_YORKSHIRE, asks, coordinator
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage


async def play(stage: Stage) -> None:
    """Shared and opened; recalled; an open fails; destruction is attested."""
    prison, police = stage.desk(LEEDS), stage.desk(WEST_YORKSHIRE)

    said = await prison.ask(asks(ADAM, WEST_YORKSHIRE, "conference", fields=CONFERENCE))
    exchange = said.case.exchange
    await police.heard(exchange, "contact-request", within=LONGEST_WAIT)
    await police.read(exchange, officer())
    await police.say(exchange, "answer", **phrases.yes(officer(), CONFERENCE, SOFIA, phrases.consent()))
    await prison.heard(exchange, "contact-answer", within=LONGEST_WAIT)
    opened = await prison.open(exchange, coordinator(), "contact-victim")
    stage.step(
        left="The details are shared, and opened once.",
        gateway=f"Line {opened.leaf}: opened.",
        right="Sofia said yes, and her details were shared.",
    )
    recall = await police.say(exchange, "recall", staff=officer())
    await prison.heard(exchange, "recall", within=LONGEST_WAIT)
    shown = await prison.case(exchange)
    again = await stage.refused(prison.open(exchange, coordinator(), "contact-victim"))
    stage.step(
        left=f"“{shown.state_words}”\nThe coordinator tries to open the details once more. "
        + (f"“{again.problem.detail}”" if again else "They open."),
        gateway=f"Line {recall.leaf}: withdrawn. In the same moment the sealed values are erased, and the key under "
        "which they were kept is destroyed.",
        right="Sofia has thought about it and would rather not. Nobody asks her why, and no reason is given.",
    )
    stage.check("After the recall nothing can be opened", again is not None and not shown.shared)
    destroyed = await prison.say(
        exchange, "acknowledge-recall", staff=coordinator(), contact="stopped", copies="destroyed"
    )
    await police.heard(exchange, "recall-acknowledged", within=LONGEST_WAIT)
    seen = await stage.world.inspector.inspect(exchange)
    stage.step(
        left="The coordinator stops all contact, destroys the note that was made, and says so by name.",
        gateway=f"Line {destroyed.leaf}: contact stopped, copies destroyed, by whom and when.",
        right="The police are told that it is done.",
    )
    stage.check("An inspector sees the details withdrawn and erased", (seen.state, seen.erased) == ("withdrawn", True))


SCENE = Scene(
    title="A change of mind",
    about="A victim may stop at any time. Then nothing more is handed over, from that very moment.",
    play=play,
)
