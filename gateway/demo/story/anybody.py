"""What outsiders can do: read the whole log, see who else confirms it, and check a case like a court would."""

from gateway.demo import public_log
from gateway.demo.staff import inspector
from gateway.demo.story.people import MOORLAND
from gateway.demo.story.stage import Scene, Stage


async def play(stage: Stage) -> None:
    """The cosigners, the tiles, and one bundle of evidence."""
    world = stage.world
    opened = await world.inspector.search(inspector(), "inspection", event="open", agency=MOORLAND)
    tree = await public_log.cosigned(world, opened.leaf + 1)
    stage.check("A quorum of log cosigners has confirmed the log", tree is not None)
    if tree is None:
        return
    stage.step(
        left="Three organisations run a log cosigner each: the prison service, the police, the inspectorate. Each "
        "signs only what adds to what it signed before, so that nobody can be shown another log than anybody else.",
        gateway=f"Published: {tree.size} lines, confirmed by at least two of the three.",
    )
    found = await public_log.read_whole(world, tree)
    stage.step(
        left="A stranger reads every tile and every line over HTTP, and computes the log's hash anew. Programs in "
        "other languages, written by others, do the same.",
        gateway="Two salted commitments a line. Nobody outside can tell a yes from a no, or who asked whom.",
    )
    stage.check("Every tile and every line is what the checkpoint promises", not found.faults)
    exchange = next(str((line.shared or {}).get("exchange")) for line in opened.lines)
    bundle = await world.desk(MOORLAND).evidence(exchange)
    stage.step(
        left="Moorland is asked by a court how it came to have a telephone number. It hands over one file: what it "
        "asked, what was decided, who shared what under which consent, who opened it, with every signature and proof, "
        "a picture, and a page in plain English.",
    )
    stage.check("The bundle of evidence proves its case to whoever has the public keys", await _holds(stage, bundle))
    spoilt = bytearray(bundle)
    spoilt[len(bundle) // 2] ^= 1
    stage.check("With one bit changed it proves nothing", not await _holds(stage, bytes(spoilt)))


async def _holds(stage: Stage, bundle: bytes) -> bool:
    return await public_log.evidence_holds(stage.world, bundle)


SCENE = Scene(
    title="Anybody",
    about="The log is public. Whoever wants to can check it, without asking the gateway and without our programs.",
    sides=("Outside", "Gateway and log", ""),
    play=play,
)
