"""Attack class 130, tokens that are not for us: each lie is told over real HTTP, and nobody is signed in.

`why` is the word for the log: a test that asks for it fails when another check was the one that refused.
"""

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.desk.pages.signing_in.errors import NotFinished, NotVouched
from gateway.desk.pages.signing_in.keys import TOKEN_MAX
from tests.gateway.desk.signing_in.hostile_provider import CLIENT, RSA_KEY, SECRET, public_jwk
from tests.gateway.desk.signing_in.visiting import Desk, refused, signed_otherwise

# Tokens of others, and forged ones


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-client"},
        {"aud": []},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"aud": CLIENT, "azp": "another-client"},
        {"aud": "another-client", "azp": CLIENT},
    ],
)
async def test_a_token_of_another_client_is_refused(desk: Desk, claims: dict[str, Any]) -> None:
    """What somebody showed to another service of the agency is no way into the desk."""
    desk.liar.claims = claims
    await desk.refused(NotVouched, "audience")


@pytest.mark.parametrize("claims", [{"aud": [CLIENT]}, {"aud": [CLIENT, "logs"], "azp": CLIENT}, {"azp": CLIENT}])
async def test_a_token_that_was_issued_to_the_desk_may_have_other_readers(desk: Desk, claims: dict[str, Any]) -> None:
    """As long as `azp` says that it was the desk that it was issued to."""
    desk.liar.claims = claims
    await desk.sign_in()


@pytest.mark.parametrize("alg", ["none", "None", ""])
async def test_a_token_without_a_signature_is_refused(desk: Desk, alg: str) -> None:
    """`alg: none`, however it is spelt."""
    query, pending = await desk.leave()
    desk.liar.token = signed_otherwise(desk.liar, pending, alg, None)
    await refused(desk.provider.finish(query, pending), NotVouched, "algorithm")


@pytest.mark.parametrize("form", ["pem", "secret"])
async def test_a_token_signed_with_what_is_no_secret_is_refused(desk: Desk, form: str) -> None:
    """HS256 under the public key, which everybody has, or under the client's secret."""
    pem = RSA_KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    query, pending = await desk.leave()
    desk.liar.token = signed_otherwise(desk.liar, pending, "HS256", pem if form == "pem" else SECRET.encode())
    await refused(desk.provider.finish(query, pending), NotVouched, "algorithm")


async def test_a_token_under_another_key_of_the_same_name_is_refused(desk: Desk) -> None:
    """A name is no key."""
    desk.liar.key = rsa.generate_private_key(65537, 2048)
    await desk.refused(NotVouched, "signature")


async def test_a_token_under_a_key_that_it_brings_along_is_refused(desk: Desk) -> None:
    """Keys in the header count for nothing."""
    desk.liar.key = rsa.generate_private_key(65537, 2048)
    desk.liar.header = {"jwk": {"kty": "RSA"}, "jku": f"{desk.liar.url}/evil-keys", "x5u": f"{desk.liar.url}/evil"}
    await desk.refused(NotVouched, "signature")
    assert "/evil-keys" not in desk.liar.asked


async def test_a_short_key_is_refused(desk: Desk) -> None:
    """RSA of 1,024 bits can be broken."""
    short = rsa.generate_private_key(65537, 1024)
    desk.liar.jwks = [public_jwk("RS256", short, "key-1")]
    query, pending = await desk.leave()
    desk.liar.token = signed_otherwise(desk.liar, pending, "RS256", short)
    await refused(desk.provider.finish(query, pending), NotVouched, "signature")


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "PS256"}, {"kty": "oct", "k": "AAAA"}, {"kid": "key-2"}])
async def test_a_key_for_something_else_is_not_used(desk: Desk, change: dict[str, str]) -> None:
    """A key for encryption, for another algorithm, of another kind or of another name."""
    desk.liar.jwks[0] |= change
    await desk.refused(NotVouched, "unknown-key")


@pytest.mark.parametrize("typ", ["logout+jwt", "at+jwt"])
async def test_a_token_of_another_kind_is_refused(desk: Desk, typ: str) -> None:
    """The provider signs other things with the same key."""
    desk.liar.header = {"typ": typ}
    await desk.refused(NotVouched, "token")


async def test_a_critical_extension_that_the_desk_does_not_know_is_refused(desk: Desk) -> None:
    """RFC 7515 section 4.1.11."""
    desk.liar.header = {"crit": ["exp"], "exp": 1}
    await desk.refused(NotVouched, "signature")


async def test_a_claim_that_is_there_twice_is_refused(desk: Desk) -> None:
    """Two readers would take different agencies."""
    query, pending = await desk.leave()
    honest = jwt.decode(desk.liar.id_token({"nonce": pending.nonce}), options={"verify_signature": False})
    twice = json.dumps(honest)[:-1] + ', "agency": "prison-lei"}'
    desk.liar.token = jwt.PyJWS().encode(twice.encode(), RSA_KEY, "RS256", {"kid": "key-1"})
    await refused(desk.provider.finish(query, pending), NotVouched, "claims")


@pytest.mark.parametrize("token", ["", "a.b", "....", "é.é.é", "A" * 20_000, "\\ud800.e30.e30"])
async def test_what_is_no_token_is_refused(desk: Desk, token: str) -> None:
    """And breaks nothing."""
    desk.liar.token = token or " "
    await desk.refused(NotVouched, "token")


async def test_a_token_that_is_too_long_is_refused(desk: Desk) -> None:
    """However honest: it is not read, and no signature of it is checked."""
    desk.liar.claims = {"groups": "x" * TOKEN_MAX}
    await desk.refused(NotVouched, "token")


async def test_the_access_token_must_be_the_one_of_the_id_token(desk: Desk) -> None:
    """Where the provider says a hash of it."""
    desk.liar.claims = {"at_hash": "A" * 22}
    await desk.refused(NotVouched, "access-token")


# Times


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": -31}, "expired"),
        ({"iat": 60}, "future"),
        ({"nbf": 60}, "future"),
        ({"iat": -120}, "stale"),
        ({"auth_time": 60}, "future"),
    ],
)
async def test_a_token_of_another_time_is_refused(desk: Desk, claims: dict[str, int], why: str) -> None:
    """Expired, of the future, or from before this sign-in began. The times here are seconds from now."""
    desk.liar.claims = {name: int(time.time()) + seconds for name, seconds in claims.items()}
    await desk.refused(NotVouched, why)


@pytest.mark.parametrize("times", [{"exp": -10}, {"iat": 20, "nbf": 20}])
async def test_clocks_may_differ_a_little(desk: Desk, times: dict[str, int]) -> None:
    """By seconds, as they do."""
    desk.liar.claims = {name: int(time.time()) + seconds for name, seconds in times.items()}
    await desk.sign_in()


async def test_a_sign_in_of_yesterday_is_refused(desk: Desk) -> None:
    """The provider was asked to sign in anew whoever did so over 12 hours ago, and did not."""
    desk.liar.claims = {"auth_time": int(time.time()) - 43_200 - 60}
    error = await desk.refused(NotFinished, "too-old")
    assert "Sign out there" in error.detail


@pytest.mark.parametrize(("said", "why"), [(None, "auth-time"), (0, "auth-time"), ("now", "claims"), (True, "claims")])
async def test_a_provider_must_say_when_somebody_signed_in(desk: Desk, said: object, why: str) -> None:
    """Otherwise a session of weeks would pass for a sign-in of today."""
    desk.liar.claims = {"auth_time": said}
    await desk.refused(NotVouched, why)
