"""Signed notes and checkpoints as text, against worked vectors and against texts that only look like them."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import (
    Checkpoint,
    Malformed,
    NoteSignature,
    SignedNote,
    format_note,
    format_vkey,
    is_key_name,
    parse_note,
    parse_vkey,
)

SHARED = Path(os.environ.get("RJ_SHARED", Path(__file__).parents[3] / "shared"))

LOG_VKEY = "gateway.example/audit+e7b99c16+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
BODY = "gateway.example/audit\n5\nta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=\n"
ROOT = bytes.fromhex("b5af9c41186dda1343de76873b2805a2b1421fd1a889de9fa98b2a8ed8d214be")
LOG_LINE = (
    "— gateway.example/audit "
    "57mcFgyWUNHJP6zxI78Ku4e/LoDN/dixVVvAU5vSeUQJtrOchMCM3h+/GsKNyUM96x2SpQDp5iP7c3liizIMkmMv7A0=\n"
)
WITNESS_LINE = (
    "— witness.example/w1 IDJKvgAAAABpVbkAGpMPtZpeG6DOre7xJZFx6JyeaJfGIjc5Jc2V7N3ifYa7WjAJgmRE5mmj5hNztWTBsTQUdcnVQmNq"
    "DTpSJsSTBA==\n"
)
NOTE = BODY + "\n" + LOG_LINE + WITNESS_LINE


def test_a_checkpoint_is_read_and_written_byte_for_byte():
    """The worked checkpoint has the fields it should have, and encodes to the same text."""
    checkpoint = Checkpoint.parse(BODY)
    assert checkpoint == Checkpoint(origin="gateway.example/audit", size=5, root=ROOT)
    assert checkpoint.encode() == BODY


def test_extension_lines_are_kept():
    """Lines after the root mean nothing, but signatures cover them, so they survive."""
    checkpoint = Checkpoint.parse(BODY + "one\ntwo words\n")
    assert checkpoint.extensions == ("one", "two words")
    assert checkpoint.encode() == BODY + "one\ntwo words\n"


def test_an_empty_tree_has_a_checkpoint():
    """Size zero is written as one digit."""
    assert Checkpoint.parse(BODY.replace("\n5\n", "\n0\n")).size == 0


@pytest.mark.parametrize(
    "size", ["05", "-5", "+5", "5 ", "0x5", "٥", "5.0", "1_0", "", "9223372036854775808", "9" * 400]
)
def test_a_size_has_one_spelling(size):
    """Leading zeroes, signs, other digits and sizes beyond 63 bits are refused."""
    with pytest.raises(Malformed):
        Checkpoint.parse(BODY.replace("\n5\n", f"\n{size}\n"))


@pytest.mark.parametrize("root", [
    "ta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4",
    "ta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL5=",
    "ta-cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=",
    "ta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjS",
    " ta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=",
    "ta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=é",
])  # fmt: skip
def test_a_root_has_one_spelling(root):
    """Missing padding, stray bits, the URL alphabet, another length and spaces are refused."""
    with pytest.raises(Malformed):
        Checkpoint.parse(BODY.replace("ta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=", root))


@pytest.mark.parametrize(
    "body", ["", "\n", "a\n5\n", BODY[:-1], "\n" + BODY, BODY + "\n", BODY + "\nx\n", BODY + "\r\n"]
)
def test_a_checkpoint_has_three_whole_lines(body):
    """Too few lines, empty lines, a missing last newline and carriage returns are refused."""
    with pytest.raises(Malformed):
        Checkpoint.parse(body)


@pytest.mark.parametrize("note", [NOTE, NOTE.encode()])
def test_a_note_is_read_and_written_byte_for_byte(note):
    """The worked note, as bytes or as text, has two signatures and encodes to the same text."""
    parsed = parse_note(note)
    assert parsed.text == BODY
    assert [each.name for each in parsed.signatures] == ["gateway.example/audit", "witness.example/w1"]
    assert [each.key_id.hex() for each in parsed.signatures] == ["e7b99c16", "20324abe"]
    assert [len(each.signature) for each in parsed.signatures] == [64, 72]
    assert parsed.encode() == NOTE


def test_the_text_ends_at_the_last_empty_line():
    """A text may have empty lines, and even lines that look like signatures."""
    text = f"one\n\n{LOG_LINE}\n\n"
    assert parse_note(format_note(text, WITNESS_LINE)).text == text


@pytest.mark.parametrize("note", [
    b"",
    b"\n\n",
    BODY,
    BODY + "\n",
    NOTE[:-1],
    NOTE + "\n",
    NOTE + "x\n",
    NOTE.replace("—", "-"),
    NOTE.replace("— gate", "—gate"),
    NOTE.replace("/w1 ", "/w1  "),
    NOTE.replace("/w1 ", "/w1"),
    NOTE.replace("/w1 ", "/w+1 "),
    NOTE.replace("/w1 ", "/w\u00a01 "),
    NOTE.replace("/w1 ", "/w\u30001 "),
    NOTE.replace("witness.example/w1", ""),
    NOTE.replace("BA==", "BA="),
    NOTE.replace("BA==", "BB=="),
    NOTE.replace("BA==", "BA==="),
    format_note(BODY, "— a AAAAAA==\n"),
    format_note(BODY, "— a \n"),
    NOTE.replace("\n5", "\r\n5"),
    NOTE.replace("\n5", "\n\x005"),
    NOTE.replace("\n5", "\n\t5"),
    NOTE.replace("/w1", "/w\x1f1"),
    "\ud800" + NOTE,
    b"\xff" + NOTE.encode(),
    NOTE.encode("utf-16"),
    "a" * (1 << 20) + NOTE,
    format_note(BODY, *[LOG_LINE] * 101),
])  # fmt: skip
def test_what_only_looks_like_a_note_is_refused(note):
    """Every departure from the format is refused before any signature is looked at."""
    with pytest.raises(Malformed):
        parse_note(note)


@pytest.mark.parametrize("count", [1, 16, 100])
def test_a_note_may_have_many_signatures(count):
    """At least the 16 that signed-note demands, and up to 100, are read."""
    assert len(parse_note(format_note(BODY, *[LOG_LINE] * count)).signatures) == count


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(each) for each in range(32)]))
NAMES = TEXTS.filter(is_key_name)
LINES = st.builds(NoteSignature, name=NAMES, key_id=st.binary(min_size=4, max_size=4), signature=st.binary(min_size=1))


@given(st.lists(TEXTS, min_size=1), st.lists(LINES, min_size=1, max_size=4))
def test_every_note_survives_writing_and_reading(lines, signatures):
    """What is written is read back equal, whatever the text and the names."""
    note = SignedNote(text="\n".join(lines) + "\n", signatures=tuple(signatures))
    assert parse_note(note.encode().encode()) == note


@given(st.one_of(st.text(), st.binary(), st.text("\n— aA=+/").map(lambda tail: BODY + tail)))
def test_any_input_is_read_or_refused(note):
    """No input raises anything but Malformed, and what is read is written back byte for byte."""
    try:
        parsed = parse_note(note)
    except Malformed:
        return
    assert parsed.encode() == (note if isinstance(note, str) else note.decode())


@pytest.mark.parametrize(("vkey", "kind"), [(LOG_VKEY, 1), (WITNESS_VKEY, 4)])
def test_a_verifier_key_is_read_and_written(vkey, kind):
    """The worked keys carry their kind and 32 bytes, and encode to the same text."""
    name, read, public = parse_vkey(vkey)
    assert (read, len(public)) == (kind, 32)
    assert format_vkey(name, read, public) == vkey


@pytest.mark.parametrize("vkey", [
    "",
    "+e7b99c16+AQ==",
    LOG_VKEY.replace("e7b99c16", "e7b99c17"),
    LOG_VKEY.replace("e7b99c16", "E7B99C16"),
    LOG_VKEY.replace("audit", "audit2"),
    LOG_VKEY.replace("AQOh", "BAOh"),
    LOG_VKEY[:-1],
    LOG_VKEY + "=",
    " " + LOG_VKEY,
    "\ud800" + LOG_VKEY,
    LOG_VKEY.replace("+e7b99c16", ""),
])  # fmt: skip
def test_a_verifier_key_whose_id_does_not_fit_is_refused(vkey):
    """A changed name, kind, key or ID does not pass."""
    with pytest.raises(Malformed):
        parse_vkey(vkey)


def test_refusals_never_repeat_what_was_sent():
    """The message of a refusal is fixed text."""
    for read in (parse_note, Checkpoint.parse, parse_vkey):
        with pytest.raises(Malformed) as refused:
            read("canary-4711")
        assert "canary" not in str(refused.value)


@pytest.mark.skipif(not (SHARED / "vectors/tlog.json").exists(), reason="the shared vectors are not beside the project")
def test_the_constants_here_are_the_shared_vectors():
    """Sections B and C of the shared vectors are notes that this project reads, and B is what this file holds."""
    vectors = json.loads((SHARED / "vectors/tlog.json").read_text())
    shared = vectors["B"]
    assert (shared["log_vkey"], shared["witness_vkey"]) == (LOG_VKEY, WITNESS_VKEY)
    assert (shared["checkpoint"], shared["root5"]) == (NOTE, ROOT.hex())
    assert Checkpoint.parse(parse_note(vectors["C"]["checkpoint"]).text).root.hex() == vectors["C"]["root"]
