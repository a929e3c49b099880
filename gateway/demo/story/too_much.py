"""A force that means well and answers with more than anyone may have."""

from gateway.demo import phrases
from gateway.demo.staff import officer
from gateway.demo.story.people import CONFERENCE, LEEDS, MARTIN, OWEN, SOUTH_YORKSHIRE, asks, coordinator, in_words
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage

ADDRESS = {"home_address": "12 Elm Close, Barnsley"}


async def play(stage: Stage) -> None:
    """A home address is asked for (refused), then added by the force (dropped)."""
    prison, police = stage.desk(LEEDS), stage.desk(SOUTH_YORKSHIRE)

    greedy = asks(OWEN, SOUTH_YORKSHIRE, "conference", fields=(*CONFERENCE, "home_address"))
    refusal = await stage.refused(prison.ask(greedy))
    stage.step(
        left="Leeds asks for a home address as well. "
        + (f"“{refusal.problem.detail}”" if refusal else "Nothing stops it."),
        gateway="Refused at once, and on record: the agreement never releases an address.",
        right="The police do not even hear of it.",
    )
    stage.check("A request for a home address is refused (R17)", refusal is not None and refusal.problem.code == "R17")

    said = await prison.ask(asks(OWEN, SOUTH_YORKSHIRE, "conference", fields=CONFERENCE))
    exchange = said.case.exchange
    await police.heard(exchange, "contact-request", within=LONGEST_WAIT)
    await police.read(exchange, officer())
    answered = await police.say(
        exchange, "answer", **phrases.yes(officer(), CONFERENCE, {**MARTIN, **ADDRESS}, phrases.consent())
    )
    stage.step(
        left="Leeds asks again, without it.",
        gateway=f"Line {answered.leaf}: four values are kept. The fifth is dropped before anything is stored: "
        "the gateway sees the name of a field, never what it says.",
        right="He says yes. The officer adds his home address, to be helpful. The desk shows: withheld by the gateway: "
        + ", ".join(answered.withheld),
    )
    stage.check("The police are told which detail was dropped", answered.withheld == ("home_address",))
    await prison.heard(exchange, "contact-answer", within=LONGEST_WAIT)
    shown, opened = await prison.case(exchange), await prison.open(exchange, coordinator(), "prepare-meeting")
    grab = await stage.refused(prison.open(exchange, coordinator(), "prepare-meeting", ("home_address",)))
    stage.step(
        left=f"“{shown.state_words}”. {shown.withheld} more was withheld; it is not said what.\n"
        + in_words(opened.values),
        gateway="Asked for the address by name, it has none to give.",
    )
    stage.check("The prison is told a count, and gets no address", shown.withheld == 1 and opened.values == MARTIN)
    stage.check("The address cannot be opened by anyone: it was never stored", grab is not None)


SCENE = Scene(
    title="More than anyone may have",
    about="A home address is never released, whoever asks for it and whoever offers it.",
    play=play,
)
