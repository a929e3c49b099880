"""Case records for inspectors: a page of them, for whoever has said why.

1. say why  a search of the log within the hour, that describes the cases
2. cases    as the store has them, in the order of their ids
3. derive   what a case is counted by, each due date under the agreement that it was decided under
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from contracts import agreement as agreements
from contracts.agreement import Agreement, AgreementRefused
from contracts.case_record import CaseRecord, CaseRecords
from contracts.codec import unb64url
from contracts.directory import Agency, SignedDocument
from contracts.event import Shared, parse_exact, parse_shared
from contracts.messages import Body
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.log_search import LogSearch
from contracts.messages.outcome import Outcome
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from gateway.decide.case_record import Happened, case_record
from gateway.errors import Refusal
from gateway.exchange import Gateway
from gateway.searched import Look, check_cases, covers_case
from gateway.store.port import Record, Store, StoredCase

PORTION: Final = 100
"""Cases that are opened before others may read."""

FOR_INSPECTORS: Final = "Case records are for inspectors. Read your own exchanges one by one."

B = TypeVar("B", bound=Struct)


class _Said(Struct, Generic[B], frozen=True):
    """Of a token's claims what a record needs; they were checked when they were accepted."""

    body: B


_BODIES: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "contact-request": msgspec.json.Decoder(_Said[ContactRequest]),
    "contact-answer": msgspec.json.Decoder(_Said[ContactAnswer]),
    "sensitivity": msgspec.json.Decoder(_Said[SensitivityFound]),
    "review": msgspec.json.Decoder(_Said[Review]),
    "outcome": msgspec.json.Decoder(_Said[Outcome]),
}
"""The messages of which a record takes more than their time."""

_SIGNED: Final = msgspec.json.Decoder(SignedDocument)


class AskedCases(Struct, frozen=True, kw_only=True):
    """From after which exchange on, how many to look at, and the search that says why."""

    after: str
    limit: int
    search: str | None


class Agreements:
    """Every version of the agreement that cases were decided under, by its digest; read once each."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Agreement] = {}

    async def of(self, digests: Iterable[str]) -> dict[str, Agreement]:
        """Every version that is kept and that this program understands; read again for one that is new."""
        if any(digest not in self._known for digest in digests):
            await self._read()
        return dict(self._known)

    async def _read(self) -> None:
        for each in await self._store.documents():
            if each.kind == "agreement" and each.sha256 not in self._known:
                signed = await self._store.document("agreement", each.version)
                if signed is not None:
                    self._keep(each.sha256, signed)

    def _keep(self, digest: str, signed: bytes) -> None:
        """It was verified when it was announced. One that says what this program does not know has no due dates."""
        try:
            self._known[digest] = agreements.load(_SIGNED.decode(signed).document)
        except (AgreementRefused, msgspec.DecodeError):
            return


async def page(gateway: Gateway, known: Agreements, reader: Agency, asked: AskedCases) -> CaseRecords:
    """The page. Raises Refusal, StoreUnavailable."""
    # 1. say why
    if not gateway.rules.agreement.inspects(reader):
        raise Refusal("not-permitted", FOR_INSPECTORS)
    wanted = await check_cases(gateway.store, Look(reader.id, asked.search, gateway.clock()))
    # 2. cases
    found: list[StoredCase] = []
    while len(found) < asked.limit:
        count = min(PORTION, asked.limit - len(found))
        portion = await gateway.store.cases(found[-1].exchange.id if found else asked.after, count)
        found += portion
        if len(portion) < count:
            break
    # 3. derive
    every = await known.of({gateway.rules.agreement_digest, *(case.exchange.agreement for case in found)})
    records = await asyncio.to_thread(_records, wanted, found, every)  # a thread of its own: others go on meanwhile
    return CaseRecords(
        at=gateway.clock(),
        records=tuple(records),
        looked=len(found),
        next=found[-1].exchange.id if len(found) == asked.limit else None,
    )


def _records(wanted: LogSearch, found: list[StoredCase], known: dict[str, Agreement]) -> list[CaseRecord]:
    return [case_record(case.exchange, list(_happened(case)), known) for case in found if covers_case(wanted, case)]


def _happened(case: StoredCase) -> Iterator[Happened]:
    """What was accepted, and what time did. Of a request that was refused, the request: it is what the case is."""
    for _, record in case.lines:
        shared = parse_shared(record.shared.part)
        if shared.decision == "refused" and shared.jti != case.exchange.subject:
            continue
        actor = parse_exact(record.exact.part).actor
        yield Happened(
            event=shared.event,
            at=shared.at,
            actor=actor.id if actor else None,
            body=_body(shared, record),
            agreement=shared.agreement,
            due=next((each.due for each in record.delivered if each.due is not None), None),
        )


def _body(shared: Shared, record: Record) -> Body | None:
    decoder = _BODIES.get(shared.event)
    if decoder is None or record.token is None:
        return None
    body: Body = decoder.decode(unb64url(record.token.split(".")[1])).body
    return body
