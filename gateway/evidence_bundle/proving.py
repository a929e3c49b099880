"""One line of a bundle, proved. Each step says what fails; a later one takes nothing for granted.

1. receipt   the line is in the log that the log's key signed, and the openings are those it committed to
2. token     it is the one that the line names, signed by a key which the directory as it stood held valid at log time
3. decision  the log's word, about this very message and line
4. notice    the log's word to this reader, about this very line
5. agreement the line went by the agreement as it stood
"""

from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from contracts.checkpoint import Checkpoint
from contracts.claims import CLAIMS
from contracts.codec import Malformed, decode_strict
from contracts.envelope import CLOCK_SKEW, Claims
from contracts.event import EventLeaf, Exact, Shared, parse_leaf
from contracts.evidence import EvidenceLine
from contracts.messages import BY_TYP, Body
from contracts.reply import DECISION_TYP, NOTICE_TYP, TELLS_OF, DecisionClaims, NoticeClaims
from gateway.evidence_bundle.material import Material, NotProved, Trusted
from gateway.evidence_bundle.stood import Stood
from keys import receipts, sealing, tokens
from keys.ed25519 import ed25519_public
from keys.errors import TokenRefused
from keys.receipts import Proven, ReceiptRefused

T = TypeVar("T")

_DECISION: Final = msgspec.json.Decoder(DecisionClaims)
_NOTICE: Final = msgspec.json.Decoder(NoticeClaims)


class Line(Struct, frozen=True, kw_only=True):
    """A line that is proved. `shared` is None where nothing opens it; `exact` where it is not for this reader.

    `claims` is None where there is no message, or one that did not follow its contract and was refused for it.
    """

    given: EvidenceLine
    tree: Checkpoint
    leaf: bytes
    shared: Shared | None
    exact: Exact | None
    claims: Claims[Body] | None = None
    decision: DecisionClaims | None = None
    notice: NoticeClaims | None = None

    @property
    def index(self) -> int:
        """Its index in the log."""
        return self.given.index

    @property
    def body(self) -> Body | None:
        """What the message says, where it is in hand."""
        return self.claims.body if self.claims else None

    @property
    def accepted(self) -> bool:
        """Whether it is a message that was accepted."""
        return self.shared is not None and self.shared.decision == "accepted"


def proved(given: EvidenceLine, material: Material, stood: Stood, trusted: Trusted) -> Line:
    """The line, if everything in it holds. Raises NotProved, naming the line and the step."""
    try:
        # 1. receipt
        proven = receipts.check(given.receipt, *trusted.log)
        line = _opened(given, proven)
        if line.shared is None:
            _check_bare(given)
            return line
        _require(line.shared.exchange == material.exchange, given, "it is of another exchange")
        # 2. token
        claims = _claims(given, line.shared, material, stood) if given.token else None
        # 3. decision
        decision = _decision(given, line, trusted) if given.decision else None
        # 4. notice
        notice = _notice(given, line.shared, material, trusted) if given.notice else None
    except (ReceiptRefused, TokenRefused, Malformed) as error:
        raise NotProved(f"Line {given.index}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotProved(f"Line {given.index}: its leaf is none of this log's.") from None
    # 5. agreement
    if line.shared.agreement is not None:
        terms = stood.terms(given.index)
        _require(line.shared.agreement == terms.digest, given, "it went by another agreement than the one announced")
    return msgspec.structs.replace(line, claims=claims, decision=decision, notice=notice)


def _opened(given: EvidenceLine, proven: Proven) -> Line:
    _require(proven.index == given.index, given, "the receipt is of another line of the log")
    _require(isinstance(parse_leaf(proven.leaf), EventLeaf), given, "it is no line of an exchange")
    return Line(given=given, tree=proven.tree, leaf=proven.leaf, shared=proven.shared, exact=proven.exact)


def _check_bare(given: EvidenceLine) -> None:
    """What no opening ties to its line proves nothing."""
    bare = given.token is None and given.decision is None and given.notice is None
    _require(bare, given, "there is a message, and nothing that ties it to the line")


def _claims(given: EvidenceLine, shared: Shared, material: Material, stood: Stood) -> Claims[Body] | None:
    """What its sender signed; None for a message that did not follow its contract, of which the digest alone counts."""
    text = given.token or ""
    _require(shared.token == sealing.digest(text.encode()), given, "the message is not the one that the line names")
    token = tokens.parse(text)
    signer = stood.directory(given.index).signer(token.header.kid)
    if signer is None or signer.agency.id != shared.iss or not signer.valid_at(shared.at):
        raise NotProved(f"Line {given.index}: the message is not signed by a key of its sender that was valid then.")
    raw, spec = tokens.verify(token, signer.public), BY_TYP.get(token.header.typ)
    try:
        claims = decode_strict(raw, CLAIMS[token.header.typ], tokens.MAX_TOKEN) if spec else None
    except Malformed:
        claims = None
    if claims is None or spec is None:
        _require(shared.decision == "refused", given, "the message does not follow its contract, and was accepted")
        return None
    named = (spec.name, claims.iss, claims.jti, claims.exchange, claims.aud)
    line = (shared.event, shared.iss, shared.jti, shared.exchange, material.origin)
    _require(named == line, given, "the line does not say what the message says")
    _require(shared.to in (None, claims.to), given, "the line names another addressee than the message")
    _require(claims.iat - CLOCK_SKEW <= shared.at < claims.exp, given, "the message was not fresh when it was recorded")
    return claims


def _decision(given: EvidenceLine, line: Line, trusted: Trusted) -> DecisionClaims:
    claims = _signed(given.decision or "", DECISION_TYP, _DECISION, trusted)
    shared = line.shared
    _require(shared is not None and given.token is not None, given, "there is a decision, and no message")
    assert shared is not None
    said = (claims.iss, claims.to, claims.jti, claims.exchange, claims.leaf, claims.at, claims.decision)
    meant = (line.tree.origin, shared.iss, shared.jti, shared.exchange, given.index, shared.at, shared.decision)
    _require(said == meant, given, "the decision is about another message or line")
    _require(claims.agreement == shared.agreement, given, "the decision went by another agreement than the line")
    if line.exact is not None:
        exact = (line.exact.code, line.exact.clauses, line.exact.withheld)
        _require((claims.code, claims.clauses, claims.withheld) == exact, given, "the line and the decision differ")
    return claims


def _notice(given: EvidenceLine, shared: Shared, material: Material, trusted: Trusted) -> NoticeClaims:
    claims = _signed(given.notice or "", NOTICE_TYP, _NOTICE, trusted)
    said = (claims.iss, claims.to, claims.exchange, claims.leaf, claims.at)
    meant = (material.origin, material.reader, shared.exchange, given.index, shared.at)
    _require(
        said == meant and shared.event in TELLS_OF[claims.notice],
        given,
        "the notice is to somebody else, or about another line",
    )
    _require(claims.fields == shared.fields, given, "the notice and the line name other details")
    return claims


def _signed(text: str, typ: str, decoder: msgspec.json.Decoder[T], trusted: Trusted) -> T:
    token = tokens.parse(text)
    signer = next((key for key in trusted.log if tokens.key_id(key.public) == token.header.kid), None)
    if signer is None or token.header.typ != typ:
        raise TokenRefused
    raw = tokens.verify(token, ed25519_public(signer.public))
    return decode_strict(raw, decoder, tokens.MAX_TOKEN)


def _require(holds: bool, given: EvidenceLine, otherwise: str) -> None:
    if not holds:
        raise NotProved(f"Line {given.index}: {otherwise}.")
