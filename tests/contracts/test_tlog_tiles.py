"""Tile paths and entry bundles, against the specification's own examples and worked vectors."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import Malformed
from contracts.tlog_tiles import (
    ENTRIES,
    ENTRY_BYTES_MAX,
    Place,
    encode_bundle,
    levels,
    places,
    split_bundle,
)

SHARED = Path(os.environ.get("RJ_SHARED", Path(__file__).parents[3] / "shared"))
PATHS = {
    "tile/0/x001/x234/067": Place(0, 1234067),
    "tile/0/x256/000": Place(0, 256000),
    "tile/63/999": Place(63, 999),
    "tile/0/x001/000": Place(0, 1000),
    "tile/0/000": Place(0, 0),
    "tile/1/001.p/17": Place(1, 1, 17),
    "tile/entries/x001/273.p/112": Place(ENTRIES, 1273, 112),
    "tile/2/000.p/1": Place(2, 0, 1),
    "tile/10/000.p/255": Place(10, 0, 255),
}


@pytest.mark.parametrize(("path", "place"), PATHS.items())
def test_each_place_has_the_path_that_the_specification_gives_it(path: str, place: Place) -> None:
    """There and back."""
    assert place.path == path
    assert Place.parse(path) == place


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/0", "tile/0/", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/a/000", "tile/data/000",
        "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000", "tile/0/x000/001", "tile/0/001/002", "tile/0/x01/002",
        "tile/0/X001/002", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p",
        "tile/0/000.p/1/2", "tile/0/000/", "/tile/0/000", "tile//0/000", "tile/0/000\n", "tile/0/٠٠٠", "tile/0/0x1",
        "tile/0/../0/000", "tile/entries/000.p/999", "tile/Entries/000", "tile/0/000.P/5", "tile/0/%30%30%30",
        "tile/0/" + "x001/" * 7 + "000",
    ],
)  # fmt: skip
def test_any_other_path_is_refused(path: str) -> None:
    """One path for each tile, so that a cache holds it once and nothing leads out of the folder."""
    with pytest.raises(Malformed):
        Place.parse(path)


@given(st.integers(-1, 63), st.integers(0, 10**18), st.integers(1, 256))
def test_every_place_is_read_from_its_own_path(level: int, n: int, width: int) -> None:
    """Whatever its number."""
    assert Place.parse(Place(level, n, width).path) == Place(level, n, width)


@given(st.text(alphabet="tile/entrisx0123456789.p", max_size=40))
def test_what_is_read_is_written_the_same(path: str) -> None:
    """No two paths name one place."""
    try:
        place = Place.parse(path)
    except Malformed:
        return
    assert place.path == path


def tiles_of(size: int) -> dict[int, list[int]]:
    """The widths of the tiles at each level."""
    return {level: [place.width for place in places(level, size)] for level in levels(size)}


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        (0, {}),
        (1, {0: [1]}),
        (255, {0: [255]}),
        (256, {0: [256], 1: [1]}),
        (257, {0: [256, 1], 1: [1]}),
        (65_535, {0: [256] * 255 + [255], 1: [255]}),
        (65_536, {0: [256] * 256, 1: [256], 2: [1]}),
        (70_000, {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}),
    ],
)
def test_a_tree_has_the_tiles_of_its_size(size: int, tiles: dict[int, list[int]]) -> None:
    """70,000 and 256 are the specification's examples."""
    assert tiles_of(size) == tiles
    assert [place.width for place in places(ENTRIES, size)] == tiles.get(0, [])


@given(st.integers(0, 300_000), st.integers(0, 2), st.integers(0, 1200), st.integers(1, 256))
def test_a_place_is_within_a_tree_that_has_all_its_hashes(size: int, level: int, n: int, width: int) -> None:
    """And in no smaller one; the tree's own places are those of its size."""
    place = Place(level, n, width)
    end = (n * 256 + width) * 256**level
    assert place.within(size) == (end <= size)
    assert (place in set(places(level, size))) == (place == place.at(size))


def test_a_bundle_is_its_entries_behind_their_lengths() -> None:
    """Big-endian, two bytes."""
    entries = [b"", b"a", b"x" * 300]
    bundle = encode_bundle(entries)
    assert bundle == b"\0\0" + b"\0\1a" + b"\x01\x2c" + b"x" * 300
    assert split_bundle(bundle, 3) == entries
    worked = "00076576656e74203000076576656e74203100076576656e74203200076576656e74203300076576656e742034"
    assert encode_bundle([b"event %d" % n for n in range(5)]).hex() == worked


@given(st.lists(st.binary(max_size=40), max_size=20), st.data())
def test_no_other_bytes_are_taken_for_a_bundle(entries: list[bytes], data: st.DataObject) -> None:
    """Cut anywhere, lengthened, or of another number of entries."""
    bundle = encode_bundle(entries)
    assert split_bundle(bundle, len(entries)) == entries
    cut = data.draw(st.integers(0, len(bundle)))
    for wrong, width in ((bundle[:cut], len(entries)), (bundle + b"\0", len(entries)), (bundle, len(entries) + 1)):
        if wrong != bundle or width != len(entries):
            with pytest.raises(Malformed):
                split_bundle(wrong, width)


def test_an_entry_too_long_for_its_length_is_refused() -> None:
    """65,535 bytes are the most."""
    assert split_bundle(encode_bundle([b"x" * ENTRY_BYTES_MAX]), 1)
    with pytest.raises(Malformed):
        encode_bundle([b"x" * (ENTRY_BYTES_MAX + 1)])


if (SHARED / "vectors" / "tlog.json").exists():  # beside the project in its own workshop; nothing depends on it

    def test_the_workshops_own_vectors_agree() -> None:
        """Paths and a bundle worked out by others."""
        vectors = json.loads((SHARED / "vectors" / "tlog.json").read_text())
        for path in vectors["D_paths"].values():
            assert Place.parse(path).path == path
        assert encode_bundle([b"event %d" % n for n in range(5)]).hex() == vectors["B"]["bundle"]
        partial = [place.path for level in levels(70_000) for place in places(level, 70_000) if place.width < 256]
        assert partial == vectors["C"]["partials"]
