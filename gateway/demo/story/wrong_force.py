"""A wrong force: the prison's desk asks the right one by itself."""

from gateway.demo import phrases
from gateway.demo.journey import follow
from gateway.demo.staff import officer
from gateway.demo.story.people import ACCEPTED, LEEDS, RHYS, SOUTH_YORKSHIRE, WEST_YORKSHIRE, asks
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage


async def play(stage: Stage) -> None:
    """Asked at one force, answered by another."""
    prison, wrong, right = stage.desk(LEEDS), stage.desk(WEST_YORKSHIRE), stage.desk(SOUTH_YORKSHIRE)

    said = await prison.ask(asks(RHYS, WEST_YORKSHIRE, "approach", grounds=ACCEPTED))
    first = said.case.exchange
    await wrong.heard(first, "contact-request", within=LONGEST_WAIT)
    sent_on = await wrong.say(first, "answer", **phrases.elsewhere(SOUTH_YORKSHIRE))
    stage.step(
        left="Leeds asks West Yorkshire.",
        gateway=f"{await stage.line(wrong, sent_on.jti)} This is told at once: it says nothing of any victim.",
        right="West Yorkshire: “Not ours. South Yorkshire holds it.”",
    )
    second = await follow(prison, first, LONGEST_WAIT)
    await right.heard(second, "contact-request", within=LONGEST_WAIT)
    stage.step(
        left="“Held elsewhere.” Nobody types anything again: the desk seals the case anew, for South Yorkshire's eyes, "
        "and asks there.",
        gateway="A new exchange, linked to the first.",
        right="South Yorkshire receives it.",
    )
    await right.read(second, officer())
    await right.say(second, "answer", **phrases.yes(officer(), (), {}, phrases.consent()))
    await prison.heard(second, "contact-answer", within=LONGEST_WAIT)
    before, after = await prison.case(first), await prison.case(second)
    stage.step(left=f"“{after.state_words}”", right="South Yorkshire asks the victim, who would like to hear more.")
    stage.check("The first request is held elsewhere, and leads to the second", before.followed_by == second)
    stage.check("The right force answered", (after.holder, after.state) == (SOUTH_YORKSHIRE, "agreed"))


SCENE = Scene(title="The wrong force", about="Nobody should have to know which force holds a case.", play=play)
