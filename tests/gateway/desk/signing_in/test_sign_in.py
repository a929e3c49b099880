"""Signing in at an honest provider, whose keys come and go."""

import time
from pathlib import Path

import pytest

from gateway.desk.pages.signing_in import back_channel
from gateway.desk.pages.signing_in.errors import NotVouched, SignInRefused
from gateway.desk.pages.signing_in.flow import Provider
from tests.gateway.desk.signing_in.hostile_provider import KEYS
from tests.gateway.desk.signing_in.visiting import BACK, DISCOVERY, Desk, settings


@pytest.mark.parametrize("alg", list(KEYS))
async def test_an_honest_provider_signs_somebody_in(desk: Desk, alg: str) -> None:
    """With each algorithm that a desk takes."""
    desk.liar.sign_with(alg)
    person = await desk.sign_in()
    assert (person.agency, person.name, person.staff.id) == ("prison-mdi", "Siân D’Souza", "7f3c")
    assert (person.staff.role, person.staff.training) == ("rj-coordinator", "foundation")
    assert person.staff.methods == ("pwd", "otp", "mfa")


async def test_a_public_client_signs_somebody_in_without_a_secret(desk: Desk, tmp_path: Path) -> None:
    """PKCE alone then ties the code to the desk."""
    desk.liar.secret = None
    async with back_channel.open_session() as session:
        desk.provider = Provider(settings(desk.liar.url, tmp_path, client_secret=None), session)
        assert (await desk.sign_in()).agency == "prison-mdi"


async def test_what_the_provider_says_of_itself_is_asked_for_once(desk: Desk) -> None:
    """And again after an hour, so that a key that was taken back does not count for ever."""
    await desk.sign_in()
    await desk.sign_in()
    assert (desk.liar.asked[DISCOVERY], desk.liar.asked["/keys"]) == (1, 1)
    desk.clock.ahead = 3_601
    with pytest.raises(SignInRefused):
        await desk.sign_in()
    assert (desk.liar.asked[DISCOVERY], desk.liar.asked["/keys"]) == (2, 2)


async def test_nothing_of_a_sign_in_can_be_told_from_the_address(desk: Desk) -> None:
    """The browser carries a challenge and a state; the verifier stays, and no two sign-ins share anything."""
    address, pending = await desk.provider.begin(BACK)
    _, other = await desk.provider.begin(BACK)
    assert pending.verifier not in address
    assert "tenant=rj" in address
    assert len({pending.state, pending.nonce, pending.verifier, other.state, other.nonce, other.verifier}) == 6


async def test_a_new_key_is_asked_for_once(desk: Desk) -> None:
    """A provider may change its key at any time."""
    await desk.sign_in()
    desk.liar.sign_with("ES256", "key-2")
    desk.clock.ahead = 31
    desk.liar.claims = {"iat": int(time.time()) + 31}
    assert (await desk.sign_in()).agency == "prison-mdi"
    assert desk.liar.asked["/keys"] == 2


async def test_a_key_that_nobody_knows_is_refused_and_asked_for_rarely(desk: Desk) -> None:
    """Names of keys that somebody makes up do not make the desk ask all the time."""
    desk.liar.kid = "made-up"
    for _ in range(5):
        await desk.refused(NotVouched, "unknown-key")
    assert desk.liar.asked["/keys"] == 1


async def test_a_token_without_a_name_of_a_key_is_taken_where_there_is_one_key(desk: Desk) -> None:
    """Core, section 10.1."""
    desk.liar.kid = None
    await desk.sign_in()


async def test_a_token_without_a_name_of_a_key_is_refused_where_there_are_two(desk: Desk) -> None:
    """It could be either."""
    desk.liar.kid = None
    desk.liar.jwks.append(desk.liar.jwks[0] | {"kid": "key-2"})
    await desk.refused(NotVouched, "unknown-key")
