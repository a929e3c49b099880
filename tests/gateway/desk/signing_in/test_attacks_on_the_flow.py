"""Attack class 130, state, PKCE and issuers: each lie is told over real HTTP, and nobody is signed in.

`why` is the word for the log: a test that asks for it fails when another check was the one that refused.
"""

import asyncio
from pathlib import Path

import pytest

from gateway.desk.pages.signing_in import back_channel
from gateway.desk.pages.signing_in.errors import NotVouched, StartAgain
from gateway.desk.pages.signing_in.flow import Provider
from tests.gateway.desk.signing_in.hostile_provider import hostile_provider
from tests.gateway.desk.signing_in.visiting import Desk, refused, settings

# State


@pytest.mark.parametrize("state", [None, "", "A" * 43, "\udcff"])
async def test_another_state_is_refused_before_the_code_is_looked_at(desk: Desk, state: str | None) -> None:
    """An answer that this browser did not ask for: somebody else's code never reaches the provider."""
    desk.liar.answer = {"state": state}
    await desk.refused(StartAgain, "state")
    assert "/token" not in desk.liar.asked


async def test_a_parameter_that_is_there_twice_is_refused(desk: Desk) -> None:
    """Two readers could take different ones."""
    for name in ("state", "code", "iss", "error"):
        query, pending = await desk.leave()
        query.add(name, query.get(name, "x"))
        query.add(name, "x")
        await refused(desk.provider.finish(query, pending), StartAgain, "repeated")


async def test_a_sign_in_is_finished_once(desk: Desk) -> None:
    """The same answer again is refused by the desk itself, even at the same moment: the code goes out once."""
    query, pending = await desk.leave()
    both = await asyncio.gather(
        desk.provider.finish(query, pending), desk.provider.finish(query, pending), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in both) == ["SignedIn", "StartAgain"]
    await refused(desk.provider.finish(query, pending), StartAgain, "spent")
    assert desk.liar.asked["/token"] == 1


async def test_a_sign_in_that_failed_is_not_tried_again_with_its_state(desk: Desk) -> None:
    """Whatever came back, it came back."""
    desk.liar.claims = {"nonce": "another"}
    query, pending = await desk.leave()
    await refused(desk.provider.finish(query, pending), NotVouched, "nonce")
    await refused(desk.provider.finish(query, pending), StartAgain, "spent")


@pytest.mark.parametrize("ahead", [600, -1])
async def test_a_sign_in_that_took_over_ten_minutes_is_refused(desk: Desk, ahead: int) -> None:
    """What was left open on a screen is no way in."""
    query, pending = await desk.leave()
    desk.clock.ahead = ahead - 1 if ahead < 0 else ahead
    await refused(desk.provider.finish(query, pending), StartAgain, "late")


# Nonce and PKCE


@pytest.mark.parametrize(("nonce", "why"), [("another", "nonce"), ("", "nonce"), (None, "claims")])
async def test_another_nonce_is_refused(desk: Desk, nonce: str | None, why: str) -> None:
    """A token of another sign-in, stolen and played in."""
    desk.liar.claims = {"nonce": nonce}
    await desk.refused(NotVouched, why)


async def test_a_code_of_another_sign_in_is_worth_nothing(desk: Desk) -> None:
    """A code that was stolen on its way does not fit the verifier of whoever plays it in."""
    theirs, _ = await desk.leave()
    ours, pending = await desk.leave()
    ours["code"] = theirs["code"]
    await refused(desk.provider.finish(ours, pending), StartAgain, "code-refused")


async def test_a_verifier_is_not_accepted_twice(desk: Desk) -> None:
    """A code that was redeemed is spent at the provider, for a desk that was started anew as well."""
    query, pending = await desk.leave()
    await desk.provider.finish(query, pending)
    async with back_channel.open_session() as session:
        again = Provider(desk.provider.settings, session, desk.clock)
        await refused(again.finish(query, pending), StartAgain, "code-refused")


async def test_a_provider_that_knows_no_pkce_is_not_used(desk: Desk) -> None:
    """Without S256 a stolen code would be a way in."""
    desk.liar.metadata = {"code_challenge_methods_supported": ["plain"]}
    await desk.refused(NotVouched, "discovery-flow")


# Issuer mix-up


async def test_an_answer_of_another_provider_is_refused(desk: Desk) -> None:
    """RFC 9207: it names its issuer, and that is not the one that was asked."""
    desk.liar.answer = {"iss": "https://evil.example"}
    await desk.refused(NotVouched, "mix-up")
    assert "/token" not in desk.liar.asked


async def test_an_answer_without_the_issuer_that_was_promised_is_refused(desk: Desk) -> None:
    """A provider that always names its issuer does not leave it out."""
    desk.liar.answer = {"iss": None}
    await desk.refused(NotVouched, "mix-up")


async def test_a_provider_that_promises_no_issuer_need_not_name_one(desk: Desk) -> None:
    """Many do not, yet. Another one's is still refused."""
    desk.liar.metadata = {"authorization_response_iss_parameter_supported": False}
    desk.liar.answer = {"iss": None}
    await desk.sign_in()
    desk.liar.answer = {"iss": "https://evil.example"}
    await desk.refused(NotVouched, "mix-up")


async def test_a_sign_in_begun_at_one_provider_is_not_finished_at_another(desk: Desk, tmp_path: Path) -> None:
    """Its code and its verifier never reach the other."""
    async with hostile_provider() as evil, back_channel.open_session() as session:
        other = Provider(settings(evil.url, tmp_path), session)
        query, pending = await desk.leave()
        await refused(other.finish(query, pending), NotVouched, "mix-up")
        assert "/token" not in evil.asked


async def test_an_error_of_another_provider_is_a_mix_up_too(desk: Desk) -> None:
    """The issuer is looked at before anything else that the answer says."""
    desk.liar.answer = {"code": None, "error": "access_denied", "iss": "https://evil.example"}
    await desk.refused(NotVouched, "mix-up")


async def test_a_token_of_another_issuer_is_refused(desk: Desk) -> None:
    """Even where the provider's own key signed it."""
    desk.liar.claims = {"iss": "https://evil.example"}
    await desk.refused(NotVouched, "issuer")


@pytest.mark.parametrize("spelt", ["{}/", "{}.evil.example", "HTTP{}"])
async def test_a_provider_that_goes_by_another_issuer_is_not_used(desk: Desk, spelt: str) -> None:
    """The issuer is compared letter by letter."""
    desk.liar.metadata = {"issuer": spelt.format(desk.liar.url)}
    await desk.refused(NotVouched, "discovery-issuer")
