"""Which client of the local API is calling, and under which idempotency key."""

from msgspec import Struct


class Caller(Struct, frozen=True, kw_only=True):
    """The client's name; `asked` is the digest of what was asked under `key`."""

    client: str
    key: str | None = None
    asked: str = ""

    @property
    def name(self) -> str:
        """The name of its record: a key is a client's own."""
        return f"{self.client}|{self.key}"
