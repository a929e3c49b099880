"""What comes into an inbox is believed only with its line of the log, and kept with it: the word and the proof.

1. The receipt proves a line of the pinned log, at the index of the delivery.
2. Who says it is who signed it, by a key that was valid when the log recorded it.
3. The line says what was delivered: this very message, accepted; or what the gateway's notice tells of.

What is not believed is kept too, as an alarm. It never stops the inbox: whoever could do that by one bad delivery could
hold back a recall.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from contracts.event import Shared
from contracts.reply import NOTICE_TYP, TELLS_OF, InboxItem, NoticeClaims
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import NotBelieved
from gateway.desk.heard import GatewayKey, Heard, hear, own
from gateway.desk.receipts import waits
from keys.directory import KnownDirectory
from keys.receipts import ReceiptRefused, check
from keys.tokens import parse

_NOTICE: Final = msgspec.json.Decoder(NoticeClaims)

DELIVERY: Final = "delivery"
ALARM: Final = "alarm"


class Delivered(Struct, frozen=True, kw_only=True):
    """A delivery that verifies. `at` is log time, in UTC seconds."""

    item: InboxItem
    at: int
    said: Heard | NoticeClaims


class Delivery(Struct, frozen=True, kw_only=True):
    """Kept of each delivery: the token, and the receipt of its line (a C2SP tlog-proof), to show to anybody.

    `witnessed`: a quorum of cosigners has seen the proof's tree. `contradicted`: a later tree does not hold its line.
    """

    leaf: int
    exchange: str
    at: int
    token: str
    receipt: str
    witnessed: bool = False
    contradicted: bool = False


class Alarm(Struct, frozen=True, kw_only=True):
    """A delivery that was not believed, and why; `at` is this desk's time. Nothing of it is known to be true.

    With `about` a line: one that was believed, and that no quorum of cosigners confirms, or that a later tree denies.
    """

    leaf: int
    exchange: str
    typ: str
    why: str
    at: int
    token: str
    receipt: str
    about: Literal["delivery", "line"] = "delivery"


def believed(item: InboxItem, gateway: GatewayKey, directory: KnownDirectory, to: str) -> Delivered:
    """The delivery, if it verifies. Raises NotBelieved, UnknownSigner."""
    # 1. The line is in the log.
    try:
        proven = check(item.receipt, *gateway.vkeys)
    except ReceiptRefused:
        raise NotBelieved("The receipt of a delivery does not prove that it is in the log.") from None
    line = proven.shared
    if line is None or proven.index != item.index:
        raise NotBelieved("The receipt of a delivery is of another line of the log, or does not open it.")
    # 2. Who says it.
    notice = item.typ == NOTICE_TYP
    said = gateway.notice(item.token, to) if notice else hear(item.token, directory, to, line.at)
    # 3. The line says what was delivered.
    if not (_is_noticed(line, said, item) if isinstance(said, NoticeClaims) else _is_said(line, said, to)):
        raise NotBelieved("The line of the log does not say what was delivered.")
    return Delivered(item=item, at=line.at, said=said)


def _is_noticed(line: Shared, notice: NoticeClaims, item: InboxItem) -> bool:
    tells = (notice.exchange, notice.at, notice.leaf)
    return line.event in TELLS_OF[notice.notice] and (line.exchange, line.at, item.index) == tells


def _is_said(line: Shared, heard: Heard, to: str) -> bool:
    claims = heard.claims
    said = (heard.spec.name, claims.exchange, claims.iss, claims.jti, heard.digest, "accepted")
    return (line.event, line.exchange, line.iss, line.jti, line.token, line.decision) == said and claims.to == to


def name_of(iss: str, jti: str) -> str:
    """The name under which the delivery of a message is kept."""
    return f"{iss} {jti}"


def keep(drawer: Drawer, one: Delivered) -> bool:
    """Keep a delivery with its proof. False if this message, or this notice, was kept before."""
    item, said = one.item, one.said
    exchange = said.exchange if isinstance(said, NoticeClaims) else said.claims.exchange
    kept = Delivery(leaf=item.index, exchange=exchange, at=one.at, token=item.token, receipt=item.receipt)
    if drawer.get(DELIVERY, name(kept), Delivery) is not None:
        return False
    put(drawer, kept)
    return True


def put(drawer: Drawer, kept: Delivery) -> None:
    """Keep it, in the place of an earlier one."""
    drawer.put(DELIVERY, name(kept), kept, (kept.exchange, f"leaf {kept.leaf}", *waits(kept)))


def name(kept: Delivery) -> str:
    """The name under which a delivery is kept: the message's, or the notice's line."""
    if parse(kept.token).header.typ == NOTICE_TYP:
        return f"notice {kept.leaf}"
    claims = own(kept.token).claims
    return name_of(claims.iss, claims.jti)


def at_leaf(drawer: Drawer, leaf: str) -> Delivery | None:
    """What was delivered with this line of the log."""
    return next((kept for _, kept in drawer.find(DELIVERY, f"leaf {leaf}", Delivery)), None)


def notices(drawer: Drawer, exchange: str) -> list[NoticeClaims]:
    """What the gateway told of an exchange of its own accord; each was believed when it was kept."""
    tokens = (parse(kept.token) for _, kept in drawer.find(DELIVERY, exchange, Delivery))
    return [_NOTICE.decode(token.claims) for token in tokens if token.header.typ == NOTICE_TYP]


def alarm(drawer: Drawer, item: InboxItem, why: str, at: int) -> None:
    """Keep what was not believed, as it came."""
    kept = Alarm(
        leaf=item.index,
        exchange=item.exchange,
        typ=item.typ,
        why=why,
        at=at,
        token=item.token,
        receipt=item.receipt,
    )
    drawer.put(ALARM, alarm_name(kept), kept)


def alarm_name(alarm: Alarm) -> str:
    """One alarm for each delivery, and of each kind for each line. What a delivery calls itself plays no part."""
    return f"{alarm.leaf}" if alarm.about == "delivery" else f"{alarm.typ} {alarm.leaf}"
