"""`outcome`, requester → holder: what came of it."""

from typing import Literal

from msgspec import Struct


class Outcome(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Status and disclosure position are stated in every outcome. Only `final` closes the exchange."""

    contact: Literal["made", "not-made"]
    chose: Literal["conference", "letter", "shuttle", "nothing-further", "undecided"]
    feedback: Literal["very-satisfied", "satisfied", "neither", "dissatisfied", "very-dissatisfied"] | None = None
    needed_by_met: bool | None = None
    status: Literal["completed", "in-progress", "did-not-happen"]
    disclosure: Literal["not-disclosable", "on-prison-record-only", "on-police-record"]
    final: bool
