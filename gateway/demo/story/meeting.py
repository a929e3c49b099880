"""A request for a meeting that ends in details shared and opened."""

from gateway.demo import phrases
from gateway.demo.staff import officer
from gateway.demo.story.people import AMINA, CALLUM, CONFERENCE, MOORLAND, WEST_YORKSHIRE, asks, coordinator, in_words
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage


async def play(stage: Stage) -> None:
    """Ask, read, say yes, open."""
    prison, police = stage.desk(MOORLAND), stage.desk(WEST_YORKSHIRE)

    said = await prison.ask(asks(CALLUM, WEST_YORKSHIRE, "conference", fields=CONFERENCE))
    exchange = said.case.exchange
    stage.step(
        left="Callum has accepted what he did and would like to meet the person he harmed, if they wish it. "
        "Moorland's coordinator asks for a name, one way to reach them, safe times and access needs.",
        gateway=f"{await stage.line(prison, said.jti)} The names and references are sealed: it passes them on unread.",
        right="A request arrives.",
    )
    await police.heard(exchange, "contact-request", within=LONGEST_WAIT)
    await police.say(exchange, "accept", staff=officer(), office="rj-team")
    read = await police.read(exchange, officer())
    stage.check("The police can read whom it is about", _named(read.subject, CALLUM.name))
    stage.step(
        left=f"“{(await prison.case(exchange)).state_words}”",
        gateway=f"Line {read.leaf}: an officer opened the request. First the line is written, then it is handed over.",
        right="An officer reads it, finds the victim, and asks her in her own time: what this is, what it may give "
        "her, and that she can stop whenever she likes.",
    )
    said = await police.say(exchange, "answer", **phrases.yes(officer(), CONFERENCE, AMINA, phrases.consent()))
    stage.step(
        gateway=f"{await stage.line(police, said.jti)} Four sealed values are kept. It cannot read them.",
        right="She says yes. The officer shares exactly the four details that she agreed to.",
    )
    await prison.heard(exchange, "contact-answer", within=LONGEST_WAIT)
    shown = await prison.case(exchange)
    opened = await prison.open(exchange, coordinator(), "prepare-meeting")
    stage.step(
        left=f"“{shown.state_words}”\nThe coordinator opens them:\n{in_words(opened.values)}",
        gateway=f"Line {opened.leaf}: who opened which details, when and why. Then the hand-over, once.",
        right="",
    )
    told = await police.heard(exchange, "notice-opened", within=LONGEST_WAIT)
    stage.step(right="The police are told that the details were opened, and why." if told else "")
    stage.check("The coordinator reads exactly what the victim agreed to share", opened.values == AMINA)


def _named(subject: dict[str, object], name: str) -> bool:
    offender = subject.get("offender")
    return isinstance(offender, dict) and offender.get("name") == name


SCENE = Scene(
    title="A meeting",
    about="A prison asks the police whether they may reach somebody who was harmed. She says yes.",
    play=play,
)
