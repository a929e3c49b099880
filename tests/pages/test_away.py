"""The gateway is away: every page says so and since when, what is typed is kept, and it is sent later, once."""

from tests.gateway.desk.desks import request
from tests.pages.conftest import SignIn
from tests.pages.world import World


async def test_what_is_sent_while_the_gateway_is_away_arrives_once(as_: SignIn, world: World, scripts: bool) -> None:
    """People go on working; when it is back the pages stop saying so, and the police have one request."""
    prison, police = world.api("prison-mdi"), world.api("police-13")
    coordinator = await as_("prison-mdi", "coordinator", scripts=scripts)
    await coordinator.does_not_see("has not answered since")
    before = len((await police.get("cases?limit=500"))["cases"])
    async with world.gateway.away():
        said = await prison.post("requests", request(crime=f"13 7788{int(scripts)}41", prison_number="A7171QX"))
        assert said["queued"]
        await coordinator.go("/requester?view=all")
        await coordinator.sees("The gateway has not answered since", "GMT", "1 message waits")
        if scripts:
            await coordinator.accessible()
            await coordinator.shot("gateway-away")
        await coordinator.go(f"/requester/cases/{said['case']['exchange']}")
        await coordinator.sees("Waiting to be sent")
    await police.until(said["case"]["exchange"], "contact-request", seconds=30)
    assert len((await police.get("cases?limit=500"))["cases"]) == before + 1
    await prison.until(said["case"]["exchange"], "contact-request", seconds=30)
    await coordinator.page.reload()
    await coordinator.does_not_see("has not answered since", "message waits")
