"""A sexual offence: the force's trained reviewer decides, on this case's own merits."""

from gateway.demo import phrases
from gateway.demo.staff import officer, person
from gateway.demo.story.people import ACCEPTED, DANIEL, MOORLAND, SOUTH_YORKSHIRE, asks
from gateway.demo.story.stage import LONGEST_WAIT, Scene, Stage

REASONS = "She has had support for two years, asked about this herself, and her support worker will be beside her."


async def play(stage: Stage) -> None:
    """Ask; an untrained reviewer is refused; a trained one decides; the victim wants to hear more."""
    prison, police = stage.desk(MOORLAND), stage.desk(SOUTH_YORKSHIRE)

    said = await prison.ask(asks(DANIEL, SOUTH_YORKSHIRE, "approach", grounds=ACCEPTED))
    exchange = said.case.exchange
    await police.heard(exchange, "contact-request", within=LONGEST_WAIT)
    read = await police.read(exchange, officer())
    stage.step(
        left="Moorland asks the police to tell the victim that restorative justice is possible, and for nothing more.",
        gateway=f"{await stage.line(prison, said.jti)} It knows one thing of the offence: its group. "
        "By that, the case must be reviewed.",
        right="The case goes to a reviewer. There is no blanket ban, and no automatic yes.",
    )
    stage.check("The police see that a review is needed; the prison does not", read.review == "needed"
                and "review" not in (await prison.case_as_shown(exchange)))  # fmt: skip

    review = {"decision": "proceed", "co_worked": True, "reasons": REASONS}
    untrained = person("pc-5120", "reviewer", "foundation")
    refusal = await stage.refused(police.say(exchange, "review", staff=untrained, **review))
    stage.check("A reviewer without advanced training is refused (R11)", refusal is not None
                and refusal.problem.code == "R11")  # fmt: skip
    early = await stage.refused(police.say(exchange, "answer", **phrases.yes(officer(), (), {}, phrases.consent())))
    stage.check("No yes can travel before the review", early is not None)
    stage.step(
        gateway="Both attempts are refused, and both are lines of the log.",
        right="A colleague without the advanced training tries to decide it; another tries to answer without a review.",
    )

    reviewer = person("dr-0209", "reviewer", "advanced")
    await police.read(exchange, reviewer, "review-case")
    decided = await police.say(exchange, "review", staff=reviewer, **review)
    answered = await police.say(exchange, "answer", **phrases.yes(officer(), (), {}, phrases.consent()))
    stage.step(
        gateway=f"Line {decided.leaf}: reviewed. Line {answered.leaf}: a yes. The reviewer's reasons are sealed for "
        "inspectors.",
        right="A reviewer with advanced training reads the case, works it with a colleague and lets it proceed. "
        "The victim is asked, and would like to hear more.",
    )
    await prison.heard(exchange, "contact-answer", within=LONGEST_WAIT)
    shown = await prison.case(exchange)
    stage.step(left=f"“{shown.state_words}”\nNo name, no number: nothing was asked for and nothing was given.")
    stage.check("The prison learns that she agreed, and no detail", (shown.state, shown.shared) == ("agreed", ()))


SCENE = Scene(
    title="A sexual offence",
    about="Nobody may ask this victim anything before somebody trained for such cases has looked at this one.",
    play=play,
)
