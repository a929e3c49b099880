"""The offline proof of inclusion as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import Checkpoint, Malformed, parse_note
from contracts.merkle import leaf_hash, verify_inclusion
from contracts.tlog_proof import TlogProof

NOTE = (
    "gateway.example/audit\n5\nta+cQRht2hND3naHOygForFCH9Goid6fqYsqjtjSFL4=\n\n— gateway.example/audit "
    "57mcFgyWUNHJP6zxI78Ku4e/LoDN/dixVVvAU5vSeUQJtrOchMCM3h+/GsKNyUM96x2SpQDp5iP7c3liizIMkmMv7A0=\n"
)
HASHES = tuple(bytes.fromhex(each) for each in (
    "9b0b2f1d58bf086890b4146f09efa42ca13e525aa03393921560c5814ff53088",
    "9597a008c399108ddc67f881629dfbda16be63fcb74b42892f749dde08d3364a",
    "a529d3830d9c26c457c2ede6826c2b7f4cb8b047fc4a09376020eff77b17c12f",
))  # fmt: skip
PROOF = TlogProof(extra=b"openings", index=3, hashes=HASHES, checkpoint=NOTE)
TEXT = (
    "c2sp.org/tlog-proof@v1\n"
    "extra b3BlbmluZ3M=\n"
    "index 3\n"
    "mwsvHVi/CGiQtBRvCe+kLKE+UlqgM5OSFWDFgU/1MIg=\n"
    "lZegCMOZEI3cZ/iBYp372ha+Y/y3S0KJL3Sd3gjTNko=\n"
    "pSnTgw2cJsRXwu3mgmwrf0y4sEf8Sgk3YCDv93sXwS8=\n"
    "\n" + NOTE
)


def test_a_proof_is_read_and_written_byte_for_byte():
    """The text of a proof is the one the format asks for, in both directions."""
    assert PROOF.encode() == TEXT
    assert TlogProof.parse(TEXT) == PROOF


def test_a_proof_read_from_text_verifies():
    """The parts of a proof are enough to check a leaf against the checkpoint inside."""
    proof = TlogProof.parse(TEXT)
    checkpoint = Checkpoint.parse(parse_note(proof.checkpoint).text)
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(b"event 3"), proof.hashes, checkpoint.root)


def test_extra_and_hashes_may_be_missing():
    """A tree of one leaf has a proof without hashes, and extra data is optional."""
    proof = TlogProof(index=0, hashes=(), checkpoint=NOTE)
    assert proof.encode() == "c2sp.org/tlog-proof@v1\nindex 0\n\n" + NOTE
    assert TlogProof.parse(proof.encode()) == proof


@given(
    st.none() | st.binary(), st.integers(0, (1 << 63) - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=64)
)
def test_every_proof_survives_writing_and_reading(extra, index, hashes):
    """What is written is read back equal, up to 64 hashes."""
    proof = TlogProof(extra=extra, index=index, hashes=tuple(hashes), checkpoint=NOTE)
    assert TlogProof.parse(proof.encode()) == proof


@pytest.mark.parametrize("text", [
    "",
    NOTE,
    TEXT.replace("@v1", "@v2"),
    TEXT.replace("index 3\n", ""),
    TEXT.replace("index 3", "index 03"),
    TEXT.replace("index 3", "index  3"),
    TEXT.replace("index 3", "index -3"),
    TEXT.replace("index 3", "Index 3"),
    TEXT.replace("extra b3BlbmluZ3M=", "extra b3BlbmluZ3M"),
    TEXT.replace("extra b3BlbmluZ3M=\n", "extra b3BlbmluZ3M=\n" * 2),
    TEXT.replace("extra b3BlbmluZ3M=\nindex 3\n", "index 3\nextra b3BlbmluZ3M=\n"),
    TEXT.replace("mwsvHVi/CGiQtBRvCe+kLKE+UlqgM5OSFWDFgU/1MIg=", "mwsv"),
    TEXT.replace("mwsv", "mw-v"),
    TEXT.replace("MIg=\n", "MIg=\r\n"),
    TEXT.replace("index 3\n", "index 3\n" + "mwsvHVi/CGiQtBRvCe+kLKE+UlqgM5OSFWDFgU/1MIg=\n" * 62),
    TEXT.replace("index 3\n", "index 3\n\n"),
    TEXT.replace("\n\ngateway", "\ngateway"),
    TEXT.replace("\n5\n", "\n05\n"),
    TEXT[:-1],
    "\n" + TEXT,
    TEXT.replace("b3BlbmluZ3M=", "b3Bl" * (1 << 18)),
])  # fmt: skip
def test_what_only_looks_like_a_proof_is_refused(text):
    """Every departure from the format, in the proof or in the checkpoint inside, is refused."""
    with pytest.raises(Malformed):
        TlogProof.parse(text)


@given(st.text() | st.text("\nindex 0123=AQ").map(lambda middle: f"c2sp.org/tlog-proof@v1\n{middle}\n\n{NOTE}"))
def test_any_input_is_read_or_refused(text):
    """No input raises anything but Malformed, and what is read is written back the same."""
    try:
        proof = TlogProof.parse(text)
    except Malformed:
        return
    assert proof.encode() == text
