"""A leaf commits to two parts of an event and shows neither."""

import json
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import examples
from contracts.codec import b64url, encode, unb64url
from contracts.event import (
    LEAF_LIMIT,
    SALT_SIZE,
    AgreementLeaf,
    DirectoryLeaf,
    EventLeaf,
    Exact,
    Opening,
    Shared,
    commitment,
    event_leaf,
    opens,
    parse_exact,
    parse_leaf,
    parse_shared,
)

PartName = Literal["shared", "exact"]
CLAIMS = examples.good()["contact-answer"]["cannot-proceed"]
SHARED = Shared(
    event="contact-answer",
    at=CLAIMS.iat,
    exchange=CLAIMS.exchange,
    iss=CLAIMS.iss,
    to=CLAIMS.to,
    jti=CLAIMS.jti,
    token=CLAIMS.agreement.digest,
    decision="accepted",
    agreement=CLAIMS.agreement.digest,
)
EXACT = Exact(actor=CLAIMS.actor, purpose="conference", code="R19", clauses=("9.4",))
SALTS = st.binary(min_size=SALT_SIZE, max_size=SALT_SIZE)
OPENINGS = st.builds(Opening, salt=SALTS, part=st.binary(max_size=300))


def opening(part: Shared | Exact, salt: int = 1) -> Opening:
    return Opening(salt=bytes([salt]) * SALT_SIZE, part=encode(part))


LEAF = event_leaf(opening(SHARED), opening(EXACT, salt=2))


def test_both_openings_open_their_leaf() -> None:
    """Whoever is given an opening can check that the log has committed to it, and read it."""
    assert opens(LEAF, "shared", opening(SHARED))
    assert opens(LEAF, "exact", opening(EXACT, salt=2))
    assert parse_shared(opening(SHARED).part) == SHARED
    assert parse_exact(opening(EXACT).part) == EXACT


def test_a_commitment_is_the_published_bytes() -> None:
    """HMAC-SHA-256 under the salt, of the domain, the part's name and its bytes (worked out with OpenSSL)."""
    given = Opening(salt=bytes(range(32)), part=b'{"event":"recall","at":1}')
    assert commitment("shared", given) == "RZURDJhqUUCWTaO9elrBY40AjVCOWLZqm0fEvqHhpJM"
    assert commitment("exact", given) == "u9MqVDfPOFKvAAvLvBiNv0LU7EyDVb1GFHVBVfS5UmI"


@given(OPENINGS, OPENINGS, st.integers(0), st.integers(1, 255))
def test_nothing_else_opens_a_leaf(shared: Opening, exact: Opening, place: int, flip: int) -> None:
    """Not another salt, nor a changed, added or missing byte, nor the other part's name."""
    leaf = event_leaf(shared, exact)
    assert opens(leaf, "shared", shared)
    assert opens(leaf, "exact", exact)
    assert opens(leaf, "exact", shared) == opens(leaf, "shared", exact) == (shared == exact)
    assert commitment("shared", shared) != commitment("exact", shared)
    assert not opens(leaf, "shared", Opening(salt=changed(shared.salt, place, flip), part=shared.part))
    assert not opens(leaf, "exact", Opening(salt=exact.salt, part=changed(exact.part + b"\n", place, flip)))
    assert not opens(leaf, "exact", Opening(salt=exact.salt, part=exact.part + b"\0"))
    assert not exact.part or not opens(leaf, "exact", Opening(salt=exact.salt, part=exact.part[:-1]))


def changed(data: bytes, place: int, flip: int) -> bytes:
    """The bytes with one of them changed."""
    place %= len(data)
    return data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]


@given(OPENINGS, OPENINGS)
def test_a_leaf_shows_two_commitments_and_nothing_else(shared: Opening, exact: Opening) -> None:
    """Its size and its members are the same whatever it stands for, so not even length tells anything."""
    leaf = event_leaf(shared, exact)
    shown = json.loads(leaf)
    assert list(shown) == ["class", "v", "shared", "exact"]
    assert (shown["class"], shown["v"]) == ("event", 1)
    assert len(unb64url(shown["shared"])) == len(unb64url(shown["exact"])) == 32
    assert len(leaf) == len(LEAF)


def test_a_leaf_holds_no_word_of_its_event() -> None:
    """Neither who, nor whom, nor which exchange, nor why."""
    words = json.dumps([msgspec.to_builtins(SHARED), msgspec.to_builtins(EXACT)]).split('"')
    assert len(words) > 20
    assert not [word for word in words[1::2] if len(word) > 3 and word not in ("exact", "event") and word in str(LEAF)]


def test_leaves_are_within_the_limit_of_the_log() -> None:
    """Of every class, with the largest numbers there are."""
    digest = b64url(bytes(32))
    for leaf in (AgreementLeaf(version=2**63, sha256=digest), DirectoryLeaf(version=2**63, sha256=digest)):
        assert len(encode(leaf)) <= LEAF_LIMIT
    assert len(event_leaf(Opening(salt=b"", part=bytes(10**6)), opening(EXACT))) <= LEAF_LIMIT


@given(SALTS, SALTS)
def test_the_same_event_twice_gives_leaves_that_cannot_be_linked(one: bytes, other: bytes) -> None:
    """With fresh salts no commitment comes again; with the same salt it does, which is why salts are fresh."""
    first, second = (Opening(salt=salt, part=encode(SHARED)) for salt in (one, other))
    assert (commitment("shared", first) == commitment("shared", second)) == (one == other)


@pytest.mark.parametrize(
    "leaf", [AgreementLeaf(version=2, sha256=b64url(bytes(32))), DirectoryLeaf(version=7, sha256=b64url(bytes(32)))]
)
def test_leaves_in_clear_come_back_and_open_to_nothing(leaf: AgreementLeaf | DirectoryLeaf) -> None:
    """A document's leaf says version and digest, and no opening fits it."""
    assert parse_leaf(encode(leaf)) == leaf
    assert not opens(encode(leaf), "shared", opening(SHARED))
    assert isinstance(parse_leaf(LEAF), EventLeaf)


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{}",
        LEAF[:-1],
        LEAF.replace(b'"event"', b'"gossip"'),
        LEAF.replace(b'"v":1', b'"v":2'),
        LEAF.replace(b'"v":1', b'"v":1,"iss":"prison-mdi"'),
        LEAF.replace(b'"exact":"', b'"exact":"A'),
    ],
)
def test_what_is_no_leaf_is_refused(entry: bytes) -> None:
    """An unknown class, version or member, or a digest of another length."""
    with pytest.raises(msgspec.DecodeError):
        parse_leaf(entry)


def test_a_later_minor_version_can_add_to_a_part() -> None:
    """Those who read openings ignore members that they do not know."""
    assert parse_shared(encode(SHARED)[:-1] + b',"new":true}') == SHARED
    assert parse_exact(encode(EXACT)[:-1] + b',"new":true}') == EXACT
