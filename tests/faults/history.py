"""What clients said and saw, in the order in which they did: all that the checker may know of a run."""

from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct


class Call(Struct, kw_only=True, omit_defaults=True):
    """One try to say a message. `began` and `ended` count instants of the run; without `ended`, nobody knows its fate.

    `kind` is the message's; `of` names the message whose values are opened or recalled; `handed` are digests of values.
    `hidden` is a "no": who asked hears of none, whoever said it and why.
    """

    kind: str
    iss: str
    to: str
    jti: str
    exchange: str
    began: int
    of: str | None = None
    hidden: bool = False
    ended: int | None = None
    decision: str | None = None
    leaf: int | None = None
    receipt: str | None = None
    handed: tuple[str, ...] = ()

    @property
    def acknowledged(self) -> bool:
        """Whether the gateway gave its word."""
        return self.leaf is not None


class History:
    """The calls of one run. Each is in the file before it is made, and again once its answer is there."""

    def __init__(self, file: Path) -> None:
        self.calls: list[Call] = []
        self._out: IO[bytes] = file.open("ab", buffering=0)
        self._instant = 0

    def begin(self, call: Call) -> Call:
        call.began = self._tick()
        self.calls.append(call)
        self._write(call)
        return call

    def end(self, call: Call) -> None:
        call.ended = self._tick()
        self._write(call)

    def close(self) -> None:
        self._out.close()

    def _tick(self) -> int:
        self._instant += 1
        return self._instant

    def _write(self, call: Call) -> None:
        self._out.write(msgspec.json.encode(call) + b"\n")


def read(file: Path) -> list[Call]:
    """The calls in a file; of each, what was known of it last."""
    calls: dict[int, Call] = {}
    for line in file.read_bytes().splitlines():
        call = msgspec.json.decode(line, type=Call)
        calls[call.began] = call
    return [*calls.values()]
