"""What must hold: each check is a sentence that was true or was not. The demonstration succeeds only if all were."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One sentence, and whether it held."""

    sentence: str
    held: bool


@dataclass
class Checks:
    """Collects checks in the order in which they were made. `told` hears of each at once."""

    told: Callable[[Check], None] = field(default=lambda _: None)
    made: list[Check] = field(default_factory=list)

    def that(self, sentence: str, held: bool) -> bool:
        """Record a check; whether it held."""
        check = Check(sentence, held)
        self.made.append(check)
        self.told(check)
        return held

    def same(self, sentence: str, *things: object) -> bool:
        """Record that all of these are equal."""
        return self.that(sentence, all(thing == things[0] for thing in things))

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that did not hold."""
        return tuple(check for check in self.made if not check.held)

    @property
    def all_held(self) -> bool:
        """Whether there were checks, and every one held: a demonstration that checked nothing proves nothing."""
        return bool(self.made) and not self.failed
