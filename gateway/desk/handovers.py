"""Every hand-over of one victim's affairs, as this holder's desk can prove it (agreement clause 13.7).

Others' come from the gateway's notices, the agency's own from its looks; each has its line of the log and its proof.
A victim is found by the crime reference. A crime can have several victims, and two crimes can be typed alike: where the
desk cannot tell whose a case is, it says so, and a person looks.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from contracts.reply import NoticeClaims
from contracts.vocabulary import AgencyKind, Copy, Purpose, Role, SealedField
from gateway.desk import case as cases
from gateway.desk import deliveries, looks, receipts
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.looks import OwnLook
from gateway.desk.receipts import Receipt, decision_of

SUBJECT: Final[tuple[SealedField, ...]] = ("subject",)


class HandOver(Struct, frozen=True, kw_only=True):
    """One line of the log: `at` is log time. `own` by this agency's staff, `reader` a keyed hash of whom.

    `role`, `by_kind` and `why` are None where they were not recorded then; `purpose` where the victim has not said yes
    to it: what an offender wants is not told by a list of who looked.
    `copy`: what was handed over was copied, such as printed. `proof` is where the desk's local API has the receipt.
    """

    leaf: int
    at: int
    exchange: str
    fields: tuple[SealedField, ...]
    own: bool
    proof: str
    by_kind: AgencyKind | None = None
    role: Role | None = None
    why: str | None = None
    purpose: Purpose | None = None
    reader: str | None = None
    copy: Copy | None = None


class Found(Struct, frozen=True, kw_only=True):
    """One exchange in which this victim's affairs were looked at. `theirs`: it is still about their crime.

    `written` and `named` are keyed hashes of what its subject says: empty where no look of ours has kept them.
    """

    exchange: str
    case: Case | None
    theirs: bool
    looks: tuple[OwnLook, ...]
    written: frozenset[str]
    named: frozenset[str]


def of_victim(drawer: Drawer, victim: str) -> tuple[Found, ...]:
    """The exchanges in which this victim's affairs were looked at, in the order in which they came."""
    own = [look for _, look in drawer.find(looks.KIND, victim, OwnLook)]
    about = [case.exchange for _, case in drawer.find(cases.KIND, victim, Case)]
    return tuple(_found(drawer, victim, each, own) for each in dict.fromkeys((*about, *(o.exchange for o in own))))


def _found(drawer: Drawer, victim: str, exchange: str, own: Iterable[OwnLook]) -> Found:
    case = drawer.get(cases.KIND, exchange, Case)
    here = tuple(look for look in own if look.exchange == exchange)
    return Found(
        exchange=exchange,
        case=case,
        theirs=case is not None and case.victim_mark == victim,
        looks=here,
        written=frozenset(look.written for look in here if look.written),
        named=frozenset(look.named for look in here if look.named),
    )


def in_doubt(found: tuple[Found, ...], written: str, for_others: Purpose) -> bool:
    """Whether these may be of more than one crime or more than one person.

    `for_others` is the purpose by which somebody is reached who speaks for a victim: beside it, another purpose
    concerns another victim of the same offence (clause 7.7). Where several are found, one that names nobody may be of
    anybody.
    """
    names = {name for each in found for name in each.named}
    unnamed = len(found) > 1 and not all(each.named for each in found)
    spoken_for = {each.case.request.purpose == for_others for each in found if each.case}
    return unnamed or len(names) > 1 or len(spoken_for) > 1 or any(each.written != {written} for each in found)


def hand_overs(drawer: Drawer, found: Found) -> list[HandOver]:
    """Every hand-over in an exchange that was of this victim's affairs."""
    return [*_ours(drawer, found), *(_theirs(drawer, found) if found.theirs else ())]


def of_case(drawer: Drawer, case: Case) -> list[HandOver]:
    """Every hand-over in a case, whoever it was about."""
    every = tuple(look for _, look in drawer.find(looks.KIND, case.exchange, OwnLook))
    whole = Found(
        exchange=case.exchange, case=case, theirs=True, looks=every, written=frozenset(), named=frozenset()
    )  # fmt: skip
    return hand_overs(drawer, whole)


def _theirs(drawer: Drawer, found: Found) -> Iterator[HandOver]:
    for notice in deliveries.notices(drawer, found.exchange):
        if notice.notice == "opened":
            yield HandOver(
                leaf=notice.leaf,
                at=notice.at,
                exchange=found.exchange,
                fields=notice.fields,
                own=False,
                proof=f"deliveries/{notice.leaf}",
                by_kind=notice.by_kind,
                role=notice.role,
                why=notice.why,
                copy=notice.copy,
                purpose=_agreed(found) or _released(found, notice),
            )


def _ours(drawer: Drawer, found: Found) -> Iterator[HandOver]:
    kept = {receipt.jti: receipt for _, receipt in drawer.find(receipts.KIND, found.exchange, Receipt)}
    for look in found.looks:
        if (receipt := kept.get(look.jti)) is not None and decision_of(receipt).decision == "accepted":
            yield _own(receipt, look, found)
    every = {look.jti for _, look in drawer.find(looks.KIND, found.exchange, OwnLook)}
    for receipt in kept.values():  # of before looks were kept
        old = receipt.message == "open" and receipt.jti not in every and found.theirs
        if old and decision_of(receipt).decision == "accepted":
            yield _own(receipt, None, found)


def _own(receipt: Receipt, look: OwnLook | None, found: Found) -> HandOver:
    return HandOver(
        leaf=receipt.leaf,
        at=decision_of(receipt).at,
        exchange=found.exchange,
        fields=look.fields if look else SUBJECT,
        own=True,
        proof=f"receipts/{receipt.jti}",
        role=look.role if look else None,
        why=look.why if look else None,
        purpose=_agreed(found),
        reader=look.reader if look else None,
    )


def _agreed(found: Found) -> Purpose | None:
    """The purpose, where the victim knows it because the answer that stands is their yes."""
    case = found.case
    yes = case is not None and found.theirs and case.outcome in ("shared", "agreed")
    return case.request.purpose if yes and case else None


def _released(found: Found, notice: NoticeClaims) -> Purpose | None:
    """The purpose, where values of the victim's were opened: there was a yes then, whatever was said after."""
    return found.case.request.purpose if found.case and "reasons" not in notice.fields else None
