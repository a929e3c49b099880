"""The gateway's own errors, one tree; `api/problems.py` maps it to HTTP once.

GatewayError
├── NotVerified        nobody vouches for this message: uniform, only counted
├── TooLarge           the message is over the size limit
├── Refusal            a verified message refused before it is on record (stale, conflict)
├── StoreUnavailable   the store cannot answer now; nothing was handed out
│   └── RulesBehind    another node has announced newer documents than this one goes by
├── Forked             the database is not of the history that this log has signed; nothing is taken or signed
├── NotCosigned        a strict gateway hands nothing over while its log cosigners are silent
├── ClockJumped        the clock has jumped ahead: nothing is recorded under it
├── Overloaded         too much waits already; nothing was taken
└── CannotStart        the gateway cannot start as configured; the message says what to change
    ├── ConfigRefused  a setting, or a file that a setting names, is wrong or missing
    ├── StoreRefused   the database is not one that this program may use
    └── LogRefused     signing would make two histories
"""


class GatewayError(Exception):
    """Anything that this program refuses or cannot do."""


class NotVerified(GatewayError):
    """The message does not verify. Which check failed is counted, never told."""

    def __init__(self, reason: str) -> None:
        super().__init__("The message could not be verified.")
        self.reason = reason


class TooLarge(GatewayError):
    """The message is over the size limit."""


class Refusal(GatewayError):
    """A message refused before it is on record: `slug` names the problem, the text says what to change."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug


class StoreUnavailable(GatewayError):
    """The store cannot answer now. Whether a commit under way was kept is unknown; the message's id will tell."""


class RulesBehind(StoreUnavailable):
    """The log has announced a newer agreement or directory than this node goes by. Nothing was settled."""


class Forked(GatewayError):
    """The database is not of the history that this log has signed. Nothing is signed, and nothing more is taken."""


class NotCosigned(GatewayError):
    """The log cosigners have not confirmed the log as a strict gateway's hand-over needs it."""


class ClockJumped(GatewayError):
    """Wall time is over an hour ahead of what it should be. Nothing was taken."""


class Overloaded(GatewayError):
    """Too much waits already. `full` is how much of the room is taken, from 0 to 1: it says when to come again."""

    def __init__(self, detail: str, full: float = 1.0) -> None:
        super().__init__(detail)
        self.full = full


class CannotStart(GatewayError):
    """The gateway cannot start; the text says where and what to change."""


class ConfigRefused(CannotStart):
    """A setting is wrong or missing; the text names file, key and what is expected, a line for each."""


class StoreRefused(CannotStart):
    """The database is damaged, another program's, or of a newer version."""


class LogRefused(CannotStart):
    """Signing would make a second history of the log."""
