"""What travels between a log and a witness: written in one way only, and nothing large is ever looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import SIZE_MAX, Malformed, NoteSignature, SignedNote
from contracts.tlog_witness import PROOF_LINES_MAX, REQUEST_BYTES_MAX, AddCheckpoint, encode_size, parse_size

# The example of tlog-witness, with the checkpoint of its text.
EXAMPLE = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
""".encode()  # noqa: E501 - the specification's own line
NOTE = SignedNote(text="a\n1\n", signatures=(NoteSignature(name="a", key_id=b"1234", signature=b"5"),))
HASH = b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw="


def test_the_example_of_the_specification_is_read_and_written_again() -> None:
    """Byte for byte."""
    request = AddCheckpoint.parse(EXAMPLE)
    assert (request.old, len(request.proof), len(request.checkpoint.signatures)) == (20852014, 4, 2)
    assert request.checkpoint.text.startswith("example.com/behind-the-sofa\n20852163\n")
    assert request.encode() == EXAMPLE


@given(
    st.integers(0, SIZE_MAX),
    st.lists(st.binary(min_size=32, max_size=32), max_size=PROOF_LINES_MAX),
)
def test_what_is_written_is_read_as_it_was(old: int, proof: list[bytes]) -> None:
    """Any size, any proof."""
    request = AddCheckpoint(old=old, proof=tuple(proof), checkpoint=NOTE)
    assert AddCheckpoint.parse(request.encode()) == request


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 1",
        b"\n\n" + EXAMPLE,
        EXAMPLE.replace(b"old 2", b"Old 2"),
        EXAMPLE.replace(b"old 2", b"old  2"),
        EXAMPLE.replace(b"old 2", b"old\t2"),
        EXAMPLE.replace(b"old 2", b"old 02"),
        EXAMPLE.replace(b"old 2", b"old +2"),
        EXAMPLE.replace(b"old 2", b"old -2"),
        EXAMPLE.replace(b"old 20852014", b"old "),
        EXAMPLE.replace(b"old 20852014", b"old 9223372036854775808"),
        EXAMPLE.replace(b"old 20852014", "old ٣".encode()),
        EXAMPLE.replace(b"\nPl", b"\r\nPl"),
        EXAMPLE.replace(b"kaw=\n", b"kaw= \n"),
        EXAMPLE.replace(b"kaw=\n", b"kax=\n"),
        EXAMPLE.replace(b"kaw=\n", b"kaw\n"),
        EXAMPLE.replace(b"kaw=\n", b"\n"),
        EXAMPLE.replace(HASH, b"Pg=="),
        EXAMPLE.replace(HASH, b"A" * 44),
        EXAMPLE.replace(b"/0=\n\n", b"/0=\n"),
        EXAMPLE.replace("— ".encode(), b"- "),
        EXAMPLE.rstrip(b"\n"),
        EXAMPLE + b"\n",
        EXAMPLE[: EXAMPLE.index("—".encode())],
        EXAMPLE.replace(b"example.com", b"example.\xff", 1),
    ],
)
def test_a_request_in_any_other_form_is_refused(body: bytes) -> None:
    """No second way to write a number, a hash or the end of a line."""
    with pytest.raises(Malformed):
        AddCheckpoint.parse(body)


def test_more_than_63_lines_of_proof_are_refused_on_either_side() -> None:
    """The specification's limit, which no tree can need."""
    head, rest = EXAMPLE.split(b"\n", 1)
    most = b"\n".join([head, *[HASH] * (PROOF_LINES_MAX - 4), rest])
    assert len(AddCheckpoint.parse(most).proof) == PROOF_LINES_MAX
    with pytest.raises(Malformed, match="63"):
        AddCheckpoint.parse(b"\n".join([head, HASH, most.split(b"\n", 1)[1]]))
    with pytest.raises(Malformed, match="63"):
        AddCheckpoint(old=1, proof=(bytes(32),) * 64, checkpoint=NOTE).encode()


def test_a_request_over_the_limit_is_refused_before_it_is_read() -> None:
    """Whatever is in it."""
    with pytest.raises(Malformed, match="128 KiB"):
        AddCheckpoint.parse(b"\xff" * (REQUEST_BYTES_MAX + 1))


@pytest.mark.parametrize("size", [0, 1, 20852163, SIZE_MAX])
def test_a_size_travels_as_one_line(size: int) -> None:
    """As a witness tells it with a 409."""
    assert parse_size(encode_size(size).encode()) == size


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"1", b"1\n\n", b"01\n", b" 1\n", b"1\r\n", b"-1\n", "٣\n".encode(), b"9" * 20, b"x\n"],
)
def test_a_size_in_any_other_form_is_refused(body: bytes) -> None:
    """A witness that answers so is not believed."""
    with pytest.raises(Malformed):
        parse_size(body)
