"""Writing a message: values sealed one by one for the agency in `to`, claims signed, all ready to be posted."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from contracts.codec import Malformed, b64url, encode, unb64url
from contracts.envelope import READING_TYP, Claims, Envelope, Reading, SealedRef
from contracts.messages import BY_BODY, Body
from contracts.messages.actor import Actor
from contracts.messages.contact_answer import Exact
from contracts.reply import HandedOver
from contracts.vocabulary import SEALED_SIZES, SealedField
from gateway.desk.errors import Fault, NotBelieved, NotThere, Typed
from gateway.desk.heard import hear
from gateway.desk.ids import new_id
from gateway.desk.trust import Known
from keys.errors import NoSuchKey, SealRefused
from keys.known import Recipient
from keys.sealing import Place, digest, seal, unseal
from keys.tokens import sign
from keys.vault import Vault

LIFE_SECONDS = 300
"""How long a message may wait for the gateway before it must be signed anew."""

READING_SECONDS = 60


class Draft(Struct, frozen=True, kw_only=True):
    """What is to be said, before it is sealed and signed. `plain` is sealed for `to`; `exact` only inspectors see."""

    to: str
    exchange: str
    actor: Actor
    body: Body
    plain: dict[SealedField, str] = {}
    exact: Exact | None = None

    @property
    def message(self) -> str:
        """The name of the message."""
        return BY_BODY[type(self.body)].name


class Written(Struct, frozen=True, kw_only=True):
    """A message ready to be posted, and what it says in clear."""

    claims: Claims[Body]
    token: str
    envelope: bytes


class Hand:
    """An agency's own hand: what it signs and opens with."""

    def __init__(self, agency: str, gateway: str, vault: Vault) -> None:
        self.agency, self.gateway, self.vault = agency, gateway, vault
        self._signing: dict[str, Ed25519PrivateKey] = {kid: vault.signing(kid) for kid in vault.signing_seeds}

    def write(self, draft: Draft, known: Known, now: int) -> Written:
        """The message, sealed and signed now. Raises NotThere, Typed."""
        jti = new_id()
        sealed, manifest = self._seal(draft, jti, known, now) if draft.plain else ({}, {})
        claims: Claims[Body] = Claims(
            iss=self.agency,
            aud=self.gateway,
            to=draft.to,
            iat=now,
            exp=now + LIFE_SECONDS,
            jti=jti,
            exchange=draft.exchange,
            actor=draft.actor,
            agreement=known.ref,
            sealed=manifest,
            body=draft.body,
        )
        token = self._signed(encode(claims), BY_BODY[type(draft.body)].typ, known, now)
        envelope = Envelope(token=token, sealed=sealed, exact=draft.exact)
        return Written(claims=claims, token=token, envelope=encode(envelope))

    def reading(self, path: str, known: Known, now: int) -> str:
        """A token for one look at this path, which is as it will be sent."""
        claims = Reading(
            iss=self.agency, aud=self.gateway, iat=now, exp=now + READING_SECONDS, jti=new_id(), htm="GET", htu=path
        )
        return self._signed(encode(claims), READING_TYP, known, now)

    def unseal(self, handed: HandedOver, of: str, known: Known, at: int | None) -> dict[SealedField, str]:
        """The values that were handed over, in memory only; each must be the very one that its sealer named.

        `at` is the log time of the message that sealed them, None where it was never delivered here.
        """
        heard = hear(handed.token, known.directory, self.agency, at)
        if heard.claims.jti != of:
            raise NotBelieved("The values that were handed over belong to another message.")
        return {field: self._unsealed(heard.claims, field, text) for field, text in handed.values.items()}

    def _unsealed(self, claims: Claims[Body], field: SealedField, text: str) -> str:
        reference = claims.sealed.get(field)
        try:
            value = unb64url(text)
            if reference is None or digest(value) != reference.sha256:
                raise NotBelieved("A value that was handed over is not the one that its sender sealed.")
            place = Place(
                exchange=claims.exchange,
                jti=claims.jti,
                iss=claims.iss,
                to=claims.to,
                kid=reference.kid,
                field=field,
            )
            return unseal(value, SEALED_SIZES[field], place, self.vault.sealing(reference.kid))
        except (Malformed, SealRefused, NoSuchKey):
            raise NotBelieved("A value that was handed over does not open with this agency's keys.") from None

    def _seal(
        self, draft: Draft, jti: str, known: Known, now: int
    ) -> tuple[dict[SealedField, str], dict[SealedField, SealedRef]]:
        """Each value sealed, and the manifest that says so."""
        recipient = known.directory.sealing_key_of(draft.to, now)
        if recipient is None:
            raise NotThere("The agency directory has no key to seal for that agency with. Ring its office.")
        values = {field: self._sealed(draft, field, text, jti, recipient) for field, text in draft.plain.items()}
        return (
            {field: b64url(value) for field, value in values.items()},
            {field: SealedRef(kid=recipient.kid, sha256=digest(value)) for field, value in values.items()},
        )

    def _sealed(self, draft: Draft, field: SealedField, text: str, jti: str, recipient: Recipient) -> bytes:
        place = Place(exchange=draft.exchange, jti=jti, iss=self.agency, to=draft.to, kid=recipient.kid, field=field)
        try:
            return seal(text, SEALED_SIZES[field], place, recipient.public)
        except SealRefused as error:
            raise Typed(Fault(name=field, detail=str(error))) from None

    def _signed(self, claims: bytes, typ: str, known: Known, now: int) -> str:
        for kid, key in reversed(self._signing.items()):
            signer = known.directory.signer(kid)
            if signer is not None and signer.agency.id == self.agency and signer.valid_at(now):
                return sign(claims, typ, kid, key)
        raise NotThere("None of this agency's signing keys is valid in the agency directory today.")
