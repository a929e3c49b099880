"""Three log cosigners, one of them by ML-DSA-44; two are a quorum; and what their cosignatures make of a proof."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.checkpoint import parse_note
from contracts.tlog_policy import Policy
from contracts.tlog_proof import TlogProof
from keys.mldsa44 import mldsa44_private
from keys.notes import Cosigner, VerifierKey
from tests.agencies import secret

NAMES = ("prisons", "police", "inspectorate")


@dataclass
class Cosigners:
    """`who` cosign; the policy wants two of the three."""

    log: VerifierKey
    who: tuple[str, ...] = NAMES
    all: dict[str, Cosigner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in NAMES:
            seed = secret("cosigner", name)
            key = mldsa44_private(seed) if name == "police" else Ed25519PrivateKey.from_private_bytes(seed)
            self.all[name] = Cosigner(name=f"{name}.example/w", key=key)

    @property
    def text(self) -> str:
        witnesses = "".join(f"witness {name} {each.vkey.encode()}\n" for name, each in self.all.items())
        return f"log {self.log.encode()}\n{witnesses}group two 2 {' '.join(NAMES)}\nquorum two\n"

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.text)

    def cosigned(self, proof: str) -> str:
        """The proof with their lines under its checkpoint."""
        given = TlogProof.parse(proof)
        text = parse_note(given.checkpoint).text
        return proof + "".join(self.all[name].cosign(text, 1_790_000_000) for name in self.who)
