"""Signing in and out, and what keeps a session its person's own."""

from tests.pages.conftest import SignIn
from tests.pages.world import World


async def test_staff_sign_in_and_come_to_their_own_face(as_: SignIn, world: World, scripts: bool) -> None:
    """A coordinator, an officer and an inspector each begin at their own work."""
    for agency, post, face in (
        ("prison-mdi", "coordinator", "/requester"),
        ("police-13", "officer", "/holder"),
        ("inspectorate-hmip", "inspector", "/inspector"),
    ):
        person = await as_(agency, post, scripts=scripts)
        assert person.path == face
        await person.sees(world.person(agency, post)["name"], "Sign out")
        if scripts:
            await person.accessible()
        await person.shot(f"start-{post}")
