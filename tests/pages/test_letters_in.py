"""A letter of apology at the police: received with its code, read, and given to the victim after their yes to it."""

from typing import Any

from tests.gateway.desk.desks import OFFICER, consent, staff
from tests.pages.conftest import SignIn
from tests.pages.world import World

SHA256 = "Qz7dK0aB" + "x" * 34 + "w"
CODE = "qz7d koab"


async def offered(world: World, crime: str, *, yes: bool) -> str:
    """A letter is offered, and the victim has said yes to it, or has not been asked; the exchange."""
    letter: dict[str, Any] = {"id": "01890a5d-ac96-774b-bcce-b302099a8057", "sha256": SHA256}
    asked = await world.api("prison-mdi").ask("letter", crime=crime, letter=letter)
    exchange: str = asked["case"]["exchange"]
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    if yes:
        agreed = {"staff": staff(*OFFICER), "outcome": "agreed", "consent": consent(letter=SHA256)}
        await police.post(f"cases/{exchange}/answer", agreed)
    return exchange


async def test_received_with_a_wrong_code_then_read_and_handed_over(as_: SignIn, world: World, scripts: bool) -> None:
    """A code that does not match stops it; concerns are named; each step says by whom and when."""
    exchange = await offered(world, f"13 73199{1 + scripts}", yes=True)
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go(f"/holder/requests/{exchange}/letter")
    await officer.sees("The victim has said yes to this letter, and to no other.")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-awaited")
    await officer.press("The letter has come")
    await officer.fill(check_code="aaaa bbbb")
    await officer.press("Compare and record")
    await officer.sees("The check code does not match", "do not hand it over", "01632 960 100")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-wrong-code")
    await officer.fill(check_code=CODE)
    await officer.press("Compare and record")
    name = world.person("police-13", "officer")["name"]
    await officer.sees("It is recorded that the letter has come.", f"by {name}")

    await officer.press("Record that you read it")
    await officer.choose("suitable", "no")
    await officer.press("Record it")
    await officer.sees("Choose what speaks against it.")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-read")
    await officer.choose("concerns", "contact-details")
    await officer.press("Record it")
    await officer.sees("Something speaks against giving this letter", "It holds an address", "Who sent it")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-concerns")
    await officer.follow("Read it again")
    await officer.choose("suitable", "yes")
    await officer.press("Record it")
    await officer.sees("The letter can be given.")
    await officer.press("The victim has been given it")
    await officer.choose("how", "in-person")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-hand-over")
    await officer.press("Record it")
    await officer.sees("The victim has this letter.", "In person", f"by {name}")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-handed-over")
    kept = await world.api("police-13").get(f"cases/{exchange}/letter")
    assert kept["handed_how"] == "in-person"


async def test_without_a_yes_it_is_only_kept(as_: SignIn, world: World, scripts: bool) -> None:
    """A letter that came unannounced is recorded and put away; there is no way to hand it over."""
    exchange = await offered(world, f"13 73299{1 + scripts}", yes=False)
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go(f"/holder/requests/{exchange}/letter/receive")
    await officer.fill(check_code=CODE)
    await officer.press("Compare and record")
    await officer.sees("There is no yes of the victim to this letter now.")
    await officer.does_not_see("/letter/hand-over", "/letter/read")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-unannounced")
    await officer.press("Keep it or send it back")
    await officer.choose("how", "returned")
    if scripts:
        await officer.accessible()
        await officer.shot("letter-keep")
    await officer.press("Record it")
    await officer.sees("It has gone back to the office that sent it")
