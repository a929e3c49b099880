"""What a provider says of itself, and where a desk lets itself be sent by it."""

import json
from typing import Any

import pytest

from gateway.desk.pages.signing_in.errors import NotVouched
from gateway.desk.pages.signing_in.metadata import Metadata, read_metadata, well_known

ISSUER = "https://login.example/rj"
HERE = "http://127.0.0.1:9000"


def described(issuer: str = ISSUER, *, secret: bool = True, **changes: Any) -> Metadata:
    base = issuer.rstrip("/")
    says = {
        "issuer": issuer,
        "authorization_endpoint": f"{base}/a",
        "token_endpoint": f"{base}/t",
        "jwks_uri": f"{base}/k",
    } | changes
    return read_metadata(json.dumps(says).encode(), issuer, secret=secret)


def refused(why: str, **changes: Any) -> None:
    with pytest.raises(NotVouched) as caught:
        described(**changes)
    assert caught.value.why == why


def test_the_least_that_a_provider_must_say_is_enough() -> None:
    """What is left out has the standard's meaning."""
    found = described()
    assert found.end_session_endpoint is None
    assert not found.authorization_response_iss_parameter_supported


@pytest.mark.parametrize("issuer", ["https://login.example", "https://login.example/"])
def test_its_description_stands_below_the_issuer(issuer: str) -> None:
    """With one slash between them (Discovery, section 4)."""
    assert well_known(issuer) == "https://login.example/.well-known/openid-configuration"


@pytest.mark.parametrize("member", ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"])
@pytest.mark.parametrize(
    "address",
    [
        "http://login.example/x",
        "http://127.0.0.1:8101/v1/open",
        "ftp://login.example/x",
        "javascript:alert(1)",
        "//login.example/x",
        "/x",
        "",
        "https://",
        "https://user@login.example/x",
        "https://login.example@evil.example/x",
        "https://login.example/x#y",
        "https://login.example:port/x",
        "https://[::1/x",
        "https://login.example/\r\nx",
        "https://lоgin.example/x",
    ],
)
def test_every_address_is_https_and_nothing_else(member: str, address: str) -> None:
    """A provider elsewhere cannot send the desk to this machine's own services."""
    refused("discovery-address", **{member: address})


def test_a_provider_on_this_machine_needs_no_https() -> None:
    """For trying things out, and for tests. It cannot send the desk elsewhere without it."""
    assert described(HERE).token_endpoint == f"{HERE}/t"
    refused("discovery-address", issuer=HERE, token_endpoint="http://login.example/t")
    refused("discovery-address", issuer=HERE, token_endpoint="http://127.0.0.1.evil.example/t")


def test_a_provider_without_the_code_flow_is_not_used() -> None:
    """Tokens do not travel through the browser."""
    refused("discovery-flow", response_types_supported=["id_token"])


def test_a_secret_is_sent_only_as_the_provider_takes_it() -> None:
    """A desk without a secret does not mind."""
    refused("discovery-auth", token_endpoint_auth_methods_supported=["private_key_jwt"])
    assert described(secret=False, token_endpoint_auth_methods_supported=["none"])
