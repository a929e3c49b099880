"""Which sealed fields travel: those that were asked for and that the purpose permits. The rest is never stored."""

from collections.abc import Sequence

from contracts.vocabulary import Field, SealedField


def minimise(
    sealed: Sequence[SealedField], asked: Sequence[Field], permitted: Sequence[Field]
) -> tuple[tuple[Field, ...], tuple[SealedField, ...], tuple[Field, ...]]:
    """Fields kept, fields dropped, and fields that the answer should have sealed but did not (agreement part 3)."""
    wanted = [field for field in asked if field in permitted]
    kept = tuple(field for field in wanted if field in sealed)
    dropped = tuple(field for field in sealed if field not in wanted)
    absent = tuple(field for field in wanted if field not in sealed)
    return kept, dropped, absent
