"""What must hold: each check is a sentence that was true or was not. The demonstration succeeds only if all were."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One sentence, and whether it held."""

    sentence: str
    held: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """How a demonstration ended: how many checks or cases there were, and which of them failed."""

    held: bool
    counted: int
    failed: tuple[str, ...]


@dataclass
class Checks:
    """Collects checks in the order in which they were made."""

    made: list[Check] = field(default_factory=list)

    def that(self, sentence: str, held: bool) -> None:
        """Record a check."""
        self.made.append(Check(sentence, held))

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that did not hold."""
        return tuple(check for check in self.made if not check.held)

    @property
    def all_held(self) -> bool:
        """Whether there were checks, and every one held: a demonstration that checked nothing proves nothing."""
        return bool(self.made) and not self.failed
