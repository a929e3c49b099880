"""Sessions, kept in the desk's memory alone: the browser holds a random name, and nothing else.

A session ends by signing out, after a time without use, and at the latest after a working day. What it held in memory
(details that somebody looked at) goes with it. What is held for a time is let go of within a second of its end, whether
or not anybody asks: nothing refers to it from then on (Python gives no way to overwrite a text). That a session was
there is remembered for a while, so that a form which is sent too late is kept for the person who typed it.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from gateway.desk.pages.people import SignedIn

NAME_BYTES: Final = 32
LONGEST: Final = 12 * 3600
"""Seconds for which a sign-in lasts, whatever is done in it (agreement: [opening] signed_in_within)."""

REMEMBERED: Final = 12 * 3600
MOST: Final = 10_000
DETAILS: Final = 300
SWEEP_SECONDS: Final = 0.5
SIGNING_IN: Final = 600
"""Seconds in which somebody who began to sign in may finish."""


class Session(Struct, kw_only=True, eq=False):
    """One browser's visit. `csrf` goes into every form; `held` is what pages keep in memory for this person alone."""

    name: str
    csrf: str
    begun: float
    used: float
    person: SignedIn | None = None
    notice: str | None = None
    held: dict[str, object] = msgspec.field(default_factory=dict)
    until: dict[str, float] = msgspec.field(default_factory=dict)
    """Until when something of `held` is held, where that is for a time."""

    def fits(self, token: str) -> bool:
        """Whether a form was made in this session."""
        return _same(self.csrf, token)


class Ended(Struct, frozen=True, kw_only=True):
    """A session that is over: whose it was, and what its forms carry."""

    person: SignedIn
    csrf: str
    until: float

    def fits(self, token: str) -> bool:
        """Whether a form was made in this session."""
        return _same(self.csrf, token)


class Sessions:
    """Every session of a desk. `idle` is the seconds without use after which one ends.

    `details` is the seconds for which shared details stay in view.
    """

    def __init__(self, idle: int, details: int = DETAILS, clock: Callable[[], float] = time.monotonic) -> None:
        self.idle, self.details, self._clock = idle, details, clock
        self._open: dict[bytes, Session] = {}
        self._ended: dict[bytes, Ended] = {}

    def begin(self, person: SignedIn | None = None) -> Session:
        """A session under a fresh name: nobody could have planted it."""
        self._sweep()
        at = self._clock()
        fresh = Session(name=_random(), csrf=_random(), begun=at, used=at, person=person)
        while len(self._open) >= MOST:
            self._end(next(iter(self._open)))
        self._open[_key(fresh.name)] = fresh
        return fresh

    def find(self, name: str | None, *, use: bool = True) -> Session | None:
        """The session of this name while it lasts; `use` makes it last longer."""
        found = self._open.get(_key(name)) if name else None
        if found is None:
            return None
        at = self._clock()
        if self._over(found, at):
            self._end(_key(found.name))
            return None
        if use:
            found.used = at
        return found

    def ended(self, name: str | None) -> Ended | None:
        """The session of this name if it is over, and was somebody's."""
        found = self._ended.get(_key(name)) if name else None
        return found if found is not None and self._clock() < found.until else None

    def end(self, name: str) -> None:
        """It is over, and nothing of it is remembered: whoever signs out has left nothing behind."""
        over = self._open.pop(_key(name), None)
        if over is not None:
            over.held.clear()
        self._ended.pop(_key(name), None)

    def seconds_left(self, session: Session) -> int:
        """How long it lasts if nothing more is done in it."""
        at = self._clock()
        return max(0, int(min(session.used + self.idle, session.begun + LONGEST) - at))

    def hold(self, session: Session, name: str, value: object, seconds: float) -> None:
        """Hold something for this person, for so long."""
        session.held[name], session.until[name] = value, self._clock() + seconds

    def still(self, session: Session, name: str) -> tuple[object, float] | None:
        """What is held for a time, and for how many seconds more."""
        left = session.until.get(name, 0.0) - self._clock()
        if left <= 0:
            _let_go(session, name)
            return None
        return session.held[name], left

    def let_go(self, session: Session, name: str) -> None:
        """Hold it no longer."""
        _let_go(session, name)

    async def sweeping(self) -> NoReturn:
        """Let go, for ever, of what is over, whether or not anybody asks."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self._sweep()

    def _over(self, session: Session, at: float) -> bool:
        idle = self.idle if session.person else SIGNING_IN
        return at >= session.used + idle or at >= session.begun + LONGEST

    def _end(self, key: bytes) -> None:
        over = self._open.pop(key)
        over.held.clear()
        if over.person is not None:
            self._ended[key] = Ended(person=over.person, csrf=over.csrf, until=self._clock() + REMEMBERED)

    def _sweep(self) -> None:
        at = self._clock()
        for key in [key for key, session in self._open.items() if self._over(session, at)]:
            self._end(key)
        for key in [key for key, ended in self._ended.items() if at >= ended.until]:
            del self._ended[key]
        for session in self._open.values():
            for name in [name for name, until in session.until.items() if at >= until]:
                _let_go(session, name)


def _let_go(session: Session, name: str) -> None:
    session.held.pop(name, None)
    session.until.pop(name, None)


def _key(name: str) -> bytes:
    """What is kept of a name: a copy of the desk's memory is no way into a session by itself."""
    return sha256(name.encode(errors="surrogateescape")).digest()


def _same(csrf: str, token: str) -> bool:
    return compare_digest(csrf.encode(), token.encode(errors="surrogateescape"))


def _random() -> str:
    return secrets.token_urlsafe(NAME_BYTES)
