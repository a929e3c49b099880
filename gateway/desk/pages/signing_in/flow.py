"""Placeholder until the provider's module is merged."""

from collections.abc import Mapping

from msgspec import Struct

from gateway.desk.pages.people import SignedIn


class Pending(Struct, frozen=True, kw_only=True):
    """What is remembered while somebody is at the provider."""


class SignInRefused(Exception):
    """The sign-in was not believed."""

    slug = "refused"
    detail = ""


class Provider:
    """A provider."""

    name = ""

    async def begin(self, redirect_uri: str) -> tuple[str, Pending]:
        raise NotImplementedError

    async def finish(self, query: Mapping[str, str], pending: Pending) -> SignedIn:
        raise NotImplementedError
