"""Copies that were made of shared details: noted in the case, so that each can be destroyed (agreement clause 8.4).

That one was made is a line of the log too: it was opened for that, by a message of its own. A copy is noted before
anybody has what is to be copied.
"""

from typing import Final

from msgspec import Struct

from contracts.vocabulary import Copy, SealedField
from gateway.desk import case as cases
from gateway.desk import happenings
from gateway.desk.agency import Agency
from gateway.desk.asking import Look
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.ids import now
from gateway.desk.posting import Sent

KIND: Final = "copy"


class Copied(Struct, frozen=True, kw_only=True):
    """One copy: by whom (the agency's own staff id), when, of what; `jti` and `leaf` are those of its `open`."""

    jti: str
    leaf: int | None
    exchange: str
    copy: Copy
    fields: tuple[SealedField, ...]
    by: str
    at: int


async def note(agency: Agency, sent: Sent, fields: tuple[SealedField, ...], wanted: Look) -> None:
    """Note the copy that is about to be made. Raises NotKept: then nobody gets what is to be copied."""

    def noted(drawer: Drawer) -> None:
        copied = Copied(
            jti=sent.jti,
            leaf=sent.leaf,
            exchange=sent.exchange,
            copy=wanted.copy or "paper",
            fields=fields,
            by=wanted.staff.id,
            at=now(),
        )
        drawer.put(KIND, sent.jti, copied, (sent.exchange,))
        if (case := drawer.get(cases.KIND, sent.exchange, Case)) is not None:
            happenings.note(drawer, "copied", case, sent.leaf, client=agency.client_name)

    await agency.cabinet.change(noted)
    agency.bell.ring()


async def of(agency: Agency, exchange: str) -> list[Copied]:
    """Every copy that was made on a case, in the order in which they were. Raises NotThere."""
    await agency.case(exchange)
    return await agency.cabinet.change(lambda drawer: [each for _, each in drawer.find(KIND, exchange, Copied)])
