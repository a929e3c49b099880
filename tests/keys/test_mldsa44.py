"""Cosignatures by ML-DSA-44: what they say, what is refused, and how the two kinds stand beside each other."""

import pytest
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import Checkpoint, Malformed, NoteSignature, SignedNote, format_note, format_vkey, parse_note
from contracts.tlog_policy import Policy
from keys.ed25519 import BadKey
from keys.mldsa44 import PUBLIC_BYTES, SIGNATURE_BYTES
from keys.notes import (
    Cosigner,
    Kind,
    NoteRefused,
    NoteSigner,
    VerifierKey,
    cosignature_time,
    open_checkpoint,
    verified_keys,
    verify,
)

TREE = Checkpoint(origin="gateway.example/audit", size=5, root=bytes(range(32)))
BODY = TREE.encode()
TIME = 1_767_225_600
NAME = "witness.example/w1"
LOG = NoteSigner(name=TREE.origin, key=Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
ED25519 = Cosigner(name=NAME, key=Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32))
MLDSA44 = Cosigner(name=NAME, key=MLDSA44PrivateKey.from_seed_bytes(bytes([2]) * 32))
PUBLIC = MLDSA44.vkey.public
LINE = MLDSA44.cosign(BODY, TIME)
RAW = parse_note(format_note(BODY, LINE)).signatures[0].signature


def a_note(raw: bytes = RAW, body: str = BODY, key: VerifierKey = MLDSA44.vkey) -> SignedNote:
    """With one line of this key, whatever it says."""
    return SignedNote(text=body, signatures=(NoteSignature(name=key.name, key_id=key.key_id, signature=raw),))


def test_the_signed_message_is_the_documented_one():
    """Label, name, time, origin, start, end and root, as in tlog-cosignature; a time and 2,420 bytes on the line."""
    message = (
        b"subtree/v1\n\0"
        b"\x12witness.example/w1"
        b"\0\0\0\0\x69\x55\xb9\0"
        b"\x15gateway.example/audit"
        b"\0\0\0\0\0\0\0\0"
        b"\0\0\0\0\0\0\0\5" + bytes(range(32))
    )
    assert RAW[:8] == TIME.to_bytes(8, "big")
    assert len(RAW) == 8 + SIGNATURE_BYTES
    MLDSA44PrivateKey.from_seed_bytes(bytes([2]) * 32).public_key().verify(RAW[8:], message)


def test_what_is_cosigned_verifies_at_its_time():
    """Times up to the largest; the verifier key reads and writes itself, with the kind 06."""
    assert VerifierKey.parse(MLDSA44.vkey.encode()) == MLDSA44.vkey
    assert (MLDSA44.vkey.kind, len(PUBLIC)) == (6, PUBLIC_BYTES)
    for time in (0, 1, TIME, (1 << 63) - 1):
        note = parse_note(format_note(BODY, MLDSA44.cosign(BODY, time)))
        assert verified_keys(note, [MLDSA44.vkey]) == (MLDSA44.vkey,)
        assert cosignature_time(note.signatures[0]) == time
    for time in (-1, 1 << 63):
        with pytest.raises(Malformed):
            MLDSA44.cosign(BODY, time)


@pytest.mark.parametrize(
    ("raw", "body", "name"),
    [
        ((TIME + 1).to_bytes(8, "big") + RAW[8:], BODY, NAME),
        (b"\x80" + RAW[1:], BODY, NAME),
        (RAW, BODY, "witness.example/w2"),
        (RAW, BODY.replace("audit", "other"), NAME),
        (RAW, BODY.replace("\n5\n", "\n6\n"), NAME),
        (RAW, Checkpoint(origin=TREE.origin, size=5, root=bytes(32)).encode(), NAME),
        (RAW, "not a checkpoint\n", NAME),
    ],
    ids=["time", "no time", "name", "origin", "size", "root", "no checkpoint"],
)
def test_a_cosignature_of_something_else_is_refused(raw, body, name):
    """Each thing that it says is signed."""
    key = VerifierKey(name=name, kind=Kind.MLDSA44_COSIGNATURE, public=PUBLIC)
    with pytest.raises(NoteRefused):
        verified_keys(a_note(raw, body, key), [key])


@pytest.mark.parametrize("length", [0, 8, 64, 72, 2420, 2427, 2429])
def test_a_cosignature_of_another_length_is_refused(length):
    """Truncated, too long, without its time, or as long as one by Ed25519."""
    raw = (RAW + b"\0")[:length]
    with pytest.raises(NoteRefused):
        verified_keys(a_note(raw), [MLDSA44.vkey])
    if length != 72:
        with pytest.raises(NoteRefused):
            cosignature_time(a_note(raw).signatures[0])


@given(st.integers(0, len(RAW) * 8 - 1))
def test_a_changed_bit_is_refused(bit):
    """Anywhere in the time or the signature."""
    raw = bytearray(RAW)
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(NoteRefused):
        verified_keys(a_note(bytes(raw)), [MLDSA44.vkey])


@pytest.mark.parametrize(("start", "end"), [(0, 4), (4, 5), (1, 5)])
def test_a_part_of_the_tree_is_not_the_tree(start, end):
    """A subtree's cosignature does not verify on a checkpoint, even of the right root."""
    message = b"subtree/v1\n\0\x12" + NAME.encode() + bytes(8) + b"\x15" + TREE.origin.encode()
    message += start.to_bytes(8, "big") + end.to_bytes(8, "big") + TREE.root
    with pytest.raises(NoteRefused):
        verified_keys(a_note(bytes(8) + MLDSA44.key.sign(message)), [MLDSA44.vkey])


def test_extension_lines_are_neither_signed_nor_believed():
    """Nothing would be said of them; an Ed25519 cosignature covers them."""
    extended = BODY + "more\n"
    with pytest.raises(Malformed, match="extension"):
        MLDSA44.cosign(extended, TIME)
    with pytest.raises(NoteRefused, match="extension"):
        verified_keys(a_note(body=extended), [MLDSA44.vkey])
    tree = Checkpoint.parse(extended)
    assert (MLDSA44.can_cosign(tree), ED25519.can_cosign(tree), MLDSA44.can_cosign(TREE)) == (False, True, True)
    assert ED25519.cosign(extended, TIME)


def test_names_that_do_not_fit_are_refused():
    """Origin and name have at most 255 bytes in the message, not characters."""
    for fits, name in ((True, "a" * 255), (False, "a" * 256), (False, "é" * 128)):
        body = Checkpoint(origin=name, size=5, root=TREE.root).encode()
        assert MLDSA44.can_cosign(Checkpoint.parse(body)) is fits
        if fits:
            line = Cosigner(name=name, key=MLDSA44.key).cosign(body, TIME)
            assert verify(parse_note(format_note(body, line)), [Cosigner(name=name, key=MLDSA44.key).vkey]) == (name,)
            continue
        with pytest.raises(Malformed):
            MLDSA44.cosign(body, TIME)
        with pytest.raises(NoteRefused):
            verified_keys(a_note(body=body), [MLDSA44.vkey])
        with pytest.raises(BadKey, match="255"):
            _ = Cosigner(name=name, key=MLDSA44.key).vkey


def test_neither_kind_passes_for_the_other():
    """Under the other's key a line is unknown; with the other's key ID, it is wrong."""
    ed25519 = parse_note(format_note(BODY, ED25519.cosign(BODY, TIME))).signatures[0].signature
    for raw, own, other in ((RAW, MLDSA44.vkey, ED25519.vkey), (ed25519, ED25519.vkey, MLDSA44.vkey)):
        with pytest.raises(NoteRefused, match="No trusted key"):
            verified_keys(a_note(raw, key=own), [other])
        with pytest.raises(NoteRefused):
            verified_keys(a_note(raw, key=other), [other])


def test_both_lines_of_a_witness_are_two_keys_of_one_name():
    """Either is enough, an unknown one beside it does no harm, and a wrong one rejects the note."""
    note = parse_note(format_note(BODY, LOG.sign(BODY), ED25519.cosign(BODY, TIME), LINE))
    assert verified_keys(note, [ED25519.vkey, MLDSA44.vkey]) == (ED25519.vkey, MLDSA44.vkey)
    assert verify(note, [ED25519.vkey, MLDSA44.vkey]) == (NAME,)
    assert verified_keys(note, [MLDSA44.vkey]) == (MLDSA44.vkey,)
    assert verified_keys(note, [ED25519.vkey]) == (ED25519.vkey,)
    later = BODY.replace("\n5\n", "\n6\n")
    mixed = parse_note(format_note(later, LOG.sign(later), ED25519.cosign(later, TIME), LINE))
    with pytest.raises(NoteRefused, match="wrong"):
        verified_keys(mixed, [ED25519.vkey, MLDSA44.vkey])


def test_a_quorum_may_be_mixed():
    """One witness by each kind; the line of the kind that the policy does not name counts for nothing."""
    other = Cosigner(name="witness.example/w2", key=Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32))
    lines = [f"log {LOG.vkey.encode()}", f"witness a {MLDSA44.vkey.encode()}", f"witness b {other.vkey.encode()}"]
    policy = Policy.parse("\n".join([*lines, "group both all a b", "quorum both", ""]))
    signed = [LOG.sign(BODY), other.cosign(BODY, TIME)]
    assert open_checkpoint(parse_note(format_note(BODY, *signed, LINE)), policy) == TREE
    with pytest.raises(NoteRefused, match="Too few"):
        open_checkpoint(parse_note(format_note(BODY, *signed, ED25519.cosign(BODY, TIME))), policy)


@pytest.mark.parametrize("public", [
    b"", PUBLIC[:-1], PUBLIC + b"\0", bytes(PUBLIC_BYTES), PUBLIC[:32] + bytes(PUBLIC_BYTES - 32),
])  # fmt: skip
def test_a_key_that_must_not_be_trusted_does_not_load(public):
    """Of another length, or one under which anybody can sign."""
    with pytest.raises(BadKey):
        VerifierKey(name=NAME, kind=Kind.MLDSA44_COSIGNATURE, public=public)
    with pytest.raises(BadKey):
        VerifierKey.parse(format_vkey(NAME, 6, public))


def test_without_ml_dsa_in_the_system_ed25519_goes_on(monkeypatch):
    """Such a key is refused in words; a note with such a line still opens under the Ed25519 key."""
    vkey, note = MLDSA44.vkey.encode(), parse_note(format_note(BODY, ED25519.cosign(BODY, TIME), LINE))
    monkeypatch.setattr(type(backend), "mldsa_supported", lambda self: False)
    with pytest.raises(BadKey, match=r"has no ML-DSA-44\. Update"):
        VerifierKey.parse(vkey)
    assert verify(note, [ED25519.vkey]) == (NAME,)
