"""How `rj` ends: a number for scripts, a sentence for people. What any error of ours means is decided here, once."""

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import IO, Any, Final

import click


class Exit(IntEnum):
    """What the number says."""

    OK = 0
    DIFFERENT = 1
    USAGE = 2
    CONFIGURATION = 3
    REFUSED = 4
    AWAY = 5
    NOT_VERIFIED = 6
    TYPED = 7
    WAITING = 8
    FAULT = 70


MEANINGS: Final[dict[Exit, str]] = {
    Exit.OK: "done",
    Exit.DIFFERENT: "a check failed, or something differs from what was expected",
    Exit.USAGE: "the command was typed wrongly",
    Exit.CONFIGURATION: "a setting, key or file is missing or wrong",
    Exit.REFUSED: "refused: by the agreement, or because of the state the case is in",
    Exit.AWAY: "the gateway or desk is away: try again",
    Exit.NOT_VERIFIED: "a signature or proof does not hold: believe nothing of it",
    Exit.TYPED: "something in what was sent needs changing",
    Exit.WAITING: "kept and not sent yet: it goes out by itself, and must not be typed again",
    Exit.FAULT: "a fault in rj itself",
}
"""The table of exit codes, shown by `rj --help`."""


class Stop(click.ClickException):
    """An end that is not `done`. `more` are lines below the message; `facts` are for `--json`."""

    def __init__(self, message: str, end: Exit, more: Sequence[str] = (), **facts: object) -> None:
        super().__init__(message)
        self.end, self.more, self.facts = end, more, facts
        self.as_json = False

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # click has a class variable, the same for every error
        """The number."""
        return int(self.end)

    def show(self, file: IO[Any] | None = None) -> None:
        """To standard error: a sentence, or one JSON object."""
        from gateway.cli.screen import complain

        complain(self)


def meaning_of(error: Exception) -> Stop:
    """An error of any of our trees, in the words it already has and with its number."""
    if isinstance(error, ExceptionGroup):  # what tasks that work together ended with: the first says why
        return meaning_of(error.exceptions[0])
    for kinds, end in _known():
        if isinstance(error, kinds):
            return Stop(str(error), end)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Stop(f"{where}{error.strerror or 'the system refused it'}. Check the path, the rights and the space.",
                    Exit.CONFIGURATION)  # fmt: skip
    advice = f"Something is wrong in rj itself ({type(error).__name__}). Run it again with RJ_DEBUG=1, and report it."
    return Stop(advice, Exit.FAULT)


def _known() -> Iterator[tuple[tuple[type[Exception], ...], Exit]]:
    """Imported when something has gone wrong, so that `rj --help` need not wait for it. The first that fits counts."""
    from contracts import checkpoint, codec
    from contracts.agreement import AgreementRefused
    from contracts.merkle import ProofFailed
    from gateway.backup import BackupRefused
    from gateway.desk.cabinet import CabinetRefused
    from gateway.desk.errors import DeskError, NotBelieved
    from gateway.errors import CannotStart, Overloaded, StoreUnavailable
    from gateway.keyreader import KeyStoreError
    from gateway.ledger.guard import GuardError
    from gateway.ledger.source import SourceAway
    from keys.directory import DirectoryRefused
    from keys.documents import DocumentRefused
    from keys.ed25519 import BadKey
    from keys.errors import NoSuchKey, TokenRefused, VaultLocked
    from keys.notes import NoteRefused

    yield (StoreUnavailable, Overloaded, SourceAway), Exit.AWAY
    yield (
        (BackupRefused, NotBelieved, DirectoryRefused, DocumentRefused, NoteRefused, ProofFailed, TokenRefused),
        Exit.NOT_VERIFIED,
    )
    yield (
        (CannotStart, KeyStoreError, GuardError, CabinetRefused, DeskError, BadKey, NoSuchKey, VaultLocked),
        Exit.CONFIGURATION,
    )
    yield (checkpoint.Malformed, codec.Malformed), Exit.NOT_VERIFIED
    yield (AgreementRefused,), Exit.DIFFERENT
