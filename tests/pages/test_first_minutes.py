"""Somebody's first minutes in the demonstration: a request, its answer, and where an inspector finds it."""

from tests.pages.conftest import SignIn
from tests.pages.world import World

DETAILS = {
    "preferred_name": "Meera",
    "contact_channel": "Text 07700 900555",
    "safe_times": "After six",
    "access_needs": "",
}


async def test_a_request_is_made_answered_and_found_in_few_steps(as_: SignIn, world: World, scripts: bool) -> None:
    """From an example, which only the demonstration's fictional staff are offered."""
    coordinator = await as_("prison-mdi", "coordinator", scripts=scripts)
    await coordinator.go("/requester/requests/new")
    await coordinator.press("Start from an example")
    await coordinator.sees("Check your answers", "West Yorkshire Police")
    await coordinator.press("Send the request")
    await coordinator.sees("What happens next")
    await coordinator.shot("first-sent")
    exchange = coordinator.path.split("/")[-2]
    await world.api("police-13").until(exchange, "contact-request")
    await world.api("police-13").read(exchange)
    await world.api("police-13").share(exchange, {name: said for name, said in DETAILS.items() if said})

    inspector = await as_("inspectorate-hmip", "inspector", scripts=scripts)
    await inspector.choose("why", "inspection")
    await inspector.fill(about=exchange)
    await inspector.press("Search")
    await inspector.sees(
        "A prison asked", "Somebody looked at sealed details", "to read the request", "The police answered"
    )
