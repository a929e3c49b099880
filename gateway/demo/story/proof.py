"""The proof: every receipt, and the whole log, checked with public mathematics."""

from gateway.demo import ledger
from gateway.demo.story.stage import Scene, Stage


async def play(stage: Stage) -> None:
    """Check each receipt that any desk keeps, then every line of the log against the newest checkpoint."""
    world = stage.world
    receipts = [receipt for desk in world.desks.values() for receipt in await desk.receipts()]
    proved = sum(ledger.proves(receipt, world.log_vkey) for receipt in receipts)
    stage.step(
        left=f"Each desk kept a receipt for everything it said: {len(receipts)} in all. Each is checked offline, with "
        "the log's public key and nothing else.",
    )
    stage.check(
        f"Every receipt proves its line: {proved} of {len(receipts)}", bool(receipts) and proved == len(receipts)
    )
    whole = await ledger.whole(world)
    stage.step(
        left="An inspector asks for every line, with what opens it.",
        gateway=f"{len(whole.leaves)} lines, {whole.documents} of them in clear: the agreement and the directory of "
        "keys, so that anybody can watch those change.",
    )
    stage.check("Every line opens to what it committed to", whole.opened)
    stage.check("The lines in clear are the two documents that both parties signed", whole.documents == 2)
    stage.check("The lines together are exactly the log that the gateway signed", whole.is_the_log)
    grown = all(ledger.is_beginning(receipt, whole, world.log_vkey) for receipt in receipts)
    stage.check("Every receipt's log is the beginning of this one: nothing was rewritten", grown)


SCENE = Scene(
    title="The proof",
    about="Nobody needs to believe the gateway. Anybody can check.",
    sides=("Anybody", "Gateway and log", ""),
    play=play,
)
