"""Signing notes, cosigning checkpoints, and judging what the signatures of a note are worth."""

import json
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import Malformed, NoteSignature, SignedNote, format_note, format_vkey, parse_note, to_base64
from contracts.tlog_policy import Policy
from keys.ed25519 import BadKey
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

SHARED = Path(os.environ.get("RJ_SHARED", Path(__file__).parents[3] / "shared"))

# Worked vectors: a log's checkpoint, cosigned by a witness.
LOG = "gateway.example/audit+e7b99c16+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
BODY = "gateway.example/audit\n5\nta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=\n"
COSIGNED_AT = 1767225600
VECTOR = format_note(
    BODY,
    "— gateway.example/audit "
    "57mcFgyWUNHJP6zxI78Ku4e/LoDN/dixVVvAU5vSeUQJtrOchMCM3h+/GsKNyUM96x2SpQDp5iP7c3liizIMkmMv7A0=\n",
    "— witness.example/w1 IDJKvgAAAABpVbkAGpMPtZpeG6DOre7xJZFx6JyeaJfGIjc5Jc2V7N3ifYa7WjAJgmRE5mmj5hNztWTBsTQUdcnVQmNq"
    "DTpSJsSTBA==\n",
)
# The example in the documentation of Go's golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# Deterministic keys of our own.
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
SIGNER = NoteSigner(name="gateway.example/audit", key=KEY)
COSIGNER = Cosigner(name="witness.example/w1", key=OTHER)


def vectors() -> list[VerifierKey]:
    return [VerifierKey.parse(LOG), VerifierKey.parse(WITNESS)]


def both() -> SignedNote:
    return parse_note(format_note(BODY, SIGNER.sign(BODY), COSIGNER.cosign(BODY, COSIGNED_AT)))


def test_the_worked_checkpoint_verifies():
    """Log and witness have signed it, the witness at its stated time."""
    note = parse_note(VECTOR)
    assert verify(note, vectors()) == ("gateway.example/audit", "witness.example/w1")
    assert cosignature_time(note.signatures[1]) == COSIGNED_AT


def test_a_note_of_another_implementation_verifies():
    """The published example of Go's implementation is a good note, and not with a word changed."""
    assert verify(parse_note(GO_NOTE), [VerifierKey.parse(GO_KEY)]) == ("PeterNeumann",)
    with pytest.raises(NoteRefused, match="wrong"):
        verify(parse_note(GO_NOTE.replace("answer", "source")), [VerifierKey.parse(GO_KEY)])


@pytest.mark.parametrize("vkey", [LOG, WITNESS])
def test_a_verifier_key_is_read_and_written(vkey):
    """Published keys encode to the same text, and a known key alone verifies the note."""
    assert VerifierKey.parse(vkey).encode() == vkey
    assert len(verify(parse_note(VECTOR), [VerifierKey.parse(vkey)])) == 1


def test_what_is_signed_verifies_and_repeats():
    """Signer and cosigner make lines that their published keys verify, the same ones each time."""
    assert verify(both(), [SIGNER.vkey, COSIGNER.vkey]) == ("gateway.example/audit", "witness.example/w1")
    assert both() == both()
    assert cosignature_time(both().signatures[1]) == COSIGNED_AT
    assert (SIGNER.vkey.kind, COSIGNER.vkey.kind) == (Kind.NOTE, Kind.COSIGNATURE)


def test_a_cosignature_signs_the_documented_message():
    """The signed bytes are the header, the time and the whole body."""
    message = f"cosignature/v1\ntime {COSIGNED_AT}\n{BODY}".encode()
    OTHER.public_key().verify(both().signatures[1].signature[8:], message)


@given(st.integers(0, 2 * 104 + 71), st.integers(0, 7))
def test_a_changed_byte_of_the_text_or_a_signature_is_refused(at, bit):
    """A known key whose signature fails rejects the whole note, even where the other key's is good."""
    text, (log, witness) = both().text.encode(), both().signatures
    parts = [text, log.signature, witness.signature]
    which, at = (0, at % len(text)) if at < 104 else (1, at % 64) if at < 208 else (2, at % 72)
    changed = bytearray(parts[which])
    changed[at] ^= 1 << bit
    parts[which] = bytes(changed)
    lines = (
        NoteSignature(name=log.name, key_id=log.key_id, signature=parts[1]),
        NoteSignature(name=witness.name, key_id=witness.key_id, signature=parts[2]),
    )
    note = SignedNote(text=parts[0].decode("latin-1"), signatures=lines)
    with pytest.raises(NoteRefused):
        verify(note, [SIGNER.vkey, COSIGNER.vkey])


def test_lines_of_unknown_keys_are_ignored():
    """Another name or another ID makes a key unknown; what it says does no harm and counts for nothing."""
    junk = to_base64(SIGNER.vkey.key_id + bytes(64))
    note = parse_note(
        format_note(BODY, f"— another.example {junk}\n", f"— {SIGNER.name} AAAAAAAA\n", SIGNER.sign(BODY))
    )
    assert verify(note, [SIGNER.vkey, COSIGNER.vkey]) == (SIGNER.name,)


def test_a_note_without_a_known_signature_is_refused():
    """Nothing is believed on the word of strangers, nor when nobody is trusted."""
    for trusted in ([VerifierKey.parse(LOG)], []):
        with pytest.raises(NoteRefused, match="No trusted key"):
            verify(both(), trusted)


def test_a_good_line_does_not_excuse_a_bad_one_of_the_same_key():
    """A second line of a known key is checked too."""
    bad = NoteSignature(name=SIGNER.name, key_id=SIGNER.vkey.key_id, signature=bytes(64)).encode()
    for lines in ((SIGNER.sign(BODY), bad), (bad, SIGNER.sign(BODY))):
        with pytest.raises(NoteRefused, match="wrong"):
            verify(parse_note(format_note(BODY, *lines)), [SIGNER.vkey])


def test_a_repeated_signature_counts_once():
    """The same line twice is one signature, and one name with two keys is one name but two keys."""
    assert verify(parse_note(format_note(BODY, *[SIGNER.sign(BODY)] * 2)), [SIGNER.vkey]) == (SIGNER.name,)
    successor = NoteSigner(name=SIGNER.name, key=OTHER)
    note = parse_note(format_note(BODY, SIGNER.sign(BODY), successor.sign(BODY)))
    assert verify(note, [SIGNER.vkey, successor.vkey]) == (SIGNER.name,)
    assert verified_keys(note, [SIGNER.vkey, successor.vkey]) == (SIGNER.vkey, successor.vkey)


def test_one_key_in_two_roles_stays_two_keys():
    """A signature does not pass for a cosignature of the same key and name, nor the other way round."""
    cosigner = Cosigner(name=SIGNER.name, key=KEY)
    assert cosigner.vkey.key_id != SIGNER.vkey.key_id
    with pytest.raises(NoteRefused, match="No trusted key"):
        verify(parse_note(format_note(BODY, SIGNER.sign(BODY))), [cosigner.vkey])
    with pytest.raises(Malformed):
        SIGNER.sign(f"cosignature/v1\ntime {COSIGNED_AT}\n{BODY}")


@pytest.mark.parametrize("length", [1, 64, 71, 73])
def test_a_cosignature_of_another_length_is_refused(length):
    """A time of 8 bytes and a signature of 64, no other shape."""
    line = NoteSignature(name=COSIGNER.name, key_id=COSIGNER.vkey.key_id, signature=bytes(length))
    with pytest.raises(NoteRefused):
        cosignature_time(line)
    with pytest.raises(NoteRefused):
        verify(SignedNote(text=BODY, signatures=(line,)), [COSIGNER.vkey])


def test_a_time_beyond_the_format_is_neither_made_nor_read():
    """Times are from 0 to 2⁶³−1."""
    for time in (-1, 1 << 63):
        with pytest.raises(Malformed):
            COSIGNER.cosign(BODY, time)
    late = NoteSignature(name=COSIGNER.name, key_id=COSIGNER.vkey.key_id, signature=b"\x80" + bytes(71))
    with pytest.raises(NoteRefused):
        cosignature_time(late)
    assert COSIGNER.cosign(BODY, 0)


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\r\n"])
def test_what_is_no_text_of_a_note_is_not_signed(text):
    """A signer signs note texts only, and a cosigner checkpoints only."""
    with pytest.raises(Malformed):
        SIGNER.sign(text)
    with pytest.raises(Malformed):
        COSIGNER.cosign(text, COSIGNED_AT)
    with pytest.raises(Malformed):
        COSIGNER.cosign("not a checkpoint\n", COSIGNED_AT)


@pytest.mark.parametrize("vkey", [
    "",
    LOG[:-1],
    LOG.replace("e7b99c16", "e7b99c17"),
    format_vkey("a.example", 1, bytes([1]) + bytes(31)),
    format_vkey("a.example", 4, bytes(32)),
    format_vkey("a.example", 1, bytes([7]) * 31),
    format_vkey("a.example", 2, bytes([7]) * 32),
    format_vkey("a.example", 6, bytes(1312)),
])  # fmt: skip
def test_a_key_that_must_not_be_trusted_does_not_load(vkey):
    """Damaged keys, small-order points, other lengths and kinds that are not supported are refused."""
    with pytest.raises(BadKey):
        VerifierKey.parse(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb"])
def test_a_key_needs_a_name_that_a_line_can_carry(name):
    """A name that would break a signature line is refused where the key is made."""
    with pytest.raises(BadKey):
        _ = NoteSigner(name=name, key=KEY).vkey


def test_two_trusted_keys_under_one_name_and_id_are_refused(monkeypatch):
    """A line that could belong to two keys is not judged by guessing; the same key listed twice is no clash."""
    monkeypatch.setattr("keys.notes.key_id", lambda name, kind, public: b"same")
    rival = VerifierKey(name=SIGNER.name, kind=Kind.NOTE, public=OTHER.public_key().public_bytes_raw())
    note = parse_note(format_note(BODY, SIGNER.sign(BODY)))
    assert verify(note, [SIGNER.vkey, SIGNER.vkey]) == (SIGNER.name,)
    with pytest.raises(NoteRefused, match="share"):
        verify(note, [SIGNER.vkey, rival])


def policy(log: VerifierKey, quorum: str = "w") -> Policy:
    return Policy.parse(f"log {log.encode()}\nwitness w {COSIGNER.vkey.encode()}\nquorum {quorum}\n")


def test_a_checkpoint_opens_with_its_log_and_its_quorum():
    """The log's own signature and the quorum of the policy are both needed."""
    assert open_checkpoint(both(), policy(SIGNER.vkey)).size == 5
    alone = parse_note(format_note(BODY, SIGNER.sign(BODY)))
    assert open_checkpoint(alone, policy(SIGNER.vkey, "none")).size == 5
    with pytest.raises(NoteRefused, match="Too few"):
        open_checkpoint(alone, policy(SIGNER.vkey))
    with pytest.raises(NoteRefused, match="No trusted log"):
        open_checkpoint(parse_note(format_note(BODY, COSIGNER.cosign(BODY, 1))), policy(SIGNER.vkey))


def test_a_trusted_log_cannot_speak_for_another_origin():
    """A checkpoint signed by a key of another name is refused, though the key is in the policy."""
    stranger = NoteSigner(name="stranger.example", key=KEY)
    note = parse_note(format_note(BODY, stranger.sign(BODY), COSIGNER.cosign(BODY, 1)))
    with pytest.raises(NoteRefused, match="origin"):
        open_checkpoint(note, policy(stranger.vkey))


def test_a_signer_does_not_show_its_key():
    """Printing or logging a signer gives away no secret."""
    assert KEY.private_bytes_raw().hex() not in repr(SIGNER)
    assert repr(KEY.private_bytes_raw()) not in repr(SIGNER)


@pytest.mark.skipif(not (SHARED / "vectors/tlog.json").exists(), reason="the shared vectors are not beside the project")
def test_the_shared_vectors_verify():
    """Every checkpoint of the shared vectors carries good signatures, and the cosigned message is ours."""
    shared = json.loads((SHARED / "vectors/tlog.json").read_text())
    assert shared["B"]["checkpoint"] == VECTOR
    assert shared["B"]["cosig_msg"] == f"cosignature/v1\ntime {COSIGNED_AT}\n{BODY}"
    assert len(verify(parse_note(shared["C"]["checkpoint"]), vectors())) == 2
    assert len(verify(parse_note(shared["B"]["add_checkpoint"].split("\n\n", 1)[1]), vectors())) == 1
