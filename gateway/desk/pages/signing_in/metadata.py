"""What a provider says of itself (OpenID Connect Discovery 1.0), and whether it can be used."""

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from contracts.codec import Malformed
from gateway.desk.pages.signing_in.errors import NotVouched
from gateway.desk.pages.signing_in.foreign import read

WELL_KNOWN: Final = "/.well-known/openid-configuration"
PKCE_METHOD: Final = "S256"
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Metadata(Struct, frozen=True, kw_only=True):
    """The members that a desk goes by; a provider writes many more."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    response_types_supported: tuple[str, ...] = ("code",)
    code_challenge_methods_supported: tuple[str, ...] = (PKCE_METHOD,)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


def well_known(issuer: str) -> str:
    """Where a provider says it (section 4: a slash at the end of the issuer goes first)."""
    return issuer.removesuffix("/") + WELL_KNOWN


def read_metadata(raw: bytes, issuer: str, *, secret: bool) -> Metadata:
    """The provider's word of itself, where it fits the settings. Raises NotVouched."""
    try:
        found = read(raw, Metadata)
    except Malformed:
        raise NotVouched("The sign-in service does not describe itself as the standard says.", "discovery") from None
    if found.issuer != issuer:  # section 4.3: otherwise it could pose as another provider
        raise NotVouched("The sign-in service goes by another issuer than this desk's settings.", "discovery-issuer")
    addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri, found.end_session_endpoint)
    if not all(_safe(address, issuer) for address in addresses if address is not None):
        raise NotVouched("The sign-in service names an address that is not https.", "discovery-address")
    if "code" not in found.response_types_supported or PKCE_METHOD not in found.code_challenge_methods_supported:
        raise NotVouched("The sign-in service does not offer the code flow with PKCE.", "discovery-flow")
    if secret and "client_secret_basic" not in found.token_endpoint_auth_methods_supported:
        raise NotVouched(
            "The sign-in service does not take the desk's secret by client_secret_basic.", "discovery-auth"
        )
    return found


def _safe(address: str, issuer: str) -> bool:
    """https. An issuer on this machine may use this machine without it; no other may send the desk there."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and host in LOOPBACK and issuer.startswith("http://")
    clean = "@" not in parts.netloc and not parts.fragment and address.isascii() and address.isprintable()
    return bool(host) and clean and (parts.scheme == "https" or plain)
