"""An inspector's search, which is itself a line of the log."""

import msgspec

from gateway.demo.staff import inspector
from gateway.demo.story.people import ADAM, AMINA, CALLUM, DANIEL, KIERAN, MARTIN, SOFIA
from gateway.demo.story.stage import Scene, Stage

PAGE = 500


async def play(stage: Stage) -> None:
    """Search for what victims declined; then find that search."""
    desk = stage.world.inspector
    found = await desk.search(inspector(), "inspection", code="R19")
    requests = {str((line.shared or {}).get("exchange")) for line in found.lines}
    stage.step(
        left="An inspector of prisons looks for every request that a victim declined. She must say why she searches, "
        f"from a closed list. Found: {len(requests)}, in {len(found.lines)} lines.",
        gateway=f"Line {found.leaf}: who searched, for what, and why.",
        right="",
    )
    stage.check("The search finds the no", any((line.exact or {}).get("code") == "R19" for line in found.lines))
    searches = await desk.search(inspector(), "quality-assurance", event="log-search")
    stage.step(left=f"Her colleague looks for searches, and finds hers: line {found.leaf}.")
    stage.check("The search is itself a line of the log", found.leaf in [line.index for line in searches.lines])
    everything = await desk.search(inspector(), "inspection", limit=PAGE)
    seen = msgspec.json.encode([(line.shared, line.exact) for line in everything.lines])
    private = [
        *(offender.name for offender in (CALLUM, DANIEL, KIERAN, ADAM)),
        *(value for values in (AMINA, MARTIN, SOFIA) for value in values.values() if len(value) > len("None")),
        *(offender.crime_reference for offender in (CALLUM, DANIEL, KIERAN)),
    ]
    stage.step(
        left=f"All {len(everything.lines)} lines, read whole: codes, clauses, who and when.",
        gateway="It holds no name, number or address to show.",
    )
    stage.check("No line holds a name, a number or a reference", not any(each.encode() in seen for each in private))


SCENE = Scene(
    title="An inspection",
    about="Inspectors see whether the agreement is kept. They never see a victim's details, and are seen themselves.",
    sides=("Inspector", "Gateway and log", ""),
    play=play,
)
