"""What agencies say in the demonstration, as bodies of a desk's local API."""

import hashlib
import time
from typing import Final

from contracts.codec import b64url
from gateway.demo.said import Json
from gateway.desk.ids import new_id

DAY: Final = 86_400
INFORMED: Final = ("what-rj-is", "what-they-may-gain", "may-stop-at-any-time")
LETTER: Final = "I have thought every day about what I did. I am sorry. I ask nothing of you."


def letter(text: str = LETTER) -> Json:
    """A letter that is held, named by its digest."""
    return {"id": new_id(), "sha256": b64url(hashlib.sha256(text.encode()).digest())}


def yes(staff: Json, asked: tuple[str, ...], values: dict[str, str], consent: Json) -> Json:
    """The victim agrees; with the details that were asked for, if any were."""
    return {"staff": staff, "outcome": "shared" if asked else "agreed", "values": values, "consent": consent}


def consent(given_by: str = "victim", *, lasts: int = 30 * DAY, to: Json | None = None) -> Json:
    """An informed yes, given a minute ago, for so many seconds from now; to one letter, where one is offered."""
    now = int(time.time())
    return {
        "given_at": now - 60,
        "given_by": given_by,
        "how": "by-phone",
        "informed": INFORMED,
        "valid_until": now + lasts,
        "letter": to["sha256"] if to else None,
    }


def no(code: str, staff: Json | None = None) -> Json:
    """It cannot proceed; the code is for inspectors only."""
    return {"staff": staff, "outcome": "cannot-proceed", "code": code}


def elsewhere(agency: str, code: str = "R15") -> Json:
    """Another agency holds it."""
    return {"staff": None, "outcome": "held-elsewhere", "code": code, "held_by": agency}
