"""The tables of calls: each call says what it is for, and its example is one that it takes."""

import msgspec
import pytest

from contracts.codec import decode_strict, encode
from gateway.desk.calls.call import BODY_BYTES_MAX, Call, Look
from gateway.desk.calls.scene import Scene
from gateway.desk.routes import CALLS, FACES, LOOKS

SCENE = Scene(now=1_790_000_000)


@pytest.mark.parametrize("path", CALLS)
def test_the_example_of_a_call_is_one_that_it_takes(path: str) -> None:
    """As JSON, read as strictly as the call reads it; and it shows more than an empty object."""
    call = CALLS[path]
    raw = encode(call.example(SCENE))
    assert raw != b"{}"
    assert decode_strict(raw, msgspec.json.Decoder(call.body), BODY_BYTES_MAX) == call.example(SCENE)


@pytest.mark.parametrize("path", [*CALLS, *LOOKS])
def test_every_call_says_what_it_is_for(path: str) -> None:
    """In a line of plain words, which is no sentence; every answer and body has a sentence of its own."""
    calls: list[Call | Look] = [table[path] for table in (CALLS, LOOKS) if path in table]  # type: ignore[index]
    for call in calls:
        assert 10 < len(call.summary) < 80
        assert not call.summary.endswith(".")
        assert call.description == "" or call.description.endswith(".")
        assert call.answer.__doc__
        assert isinstance(call, Look) or call.body.__doc__


def test_no_call_stands_in_two_tables() -> None:
    """Or one of them would be served and the other documented."""
    assert sum(len(face.calls) for face in FACES) == len(CALLS)
    assert sum(len(face.looks) for face in FACES) == len(LOOKS)
