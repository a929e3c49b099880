"""The public log over HTTP, from a running gateway and from its database beside it."""

import gzip
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest

from contracts.merkle import leaf_hash
from contracts.tlog_tiles import split_bundle
from gateway.errors import StoreRefused
from gateway.store.reading import SqliteTree
from tests.journey.simulated import Side, World
from tests.made_log import MadeLog

FOR_EVER = "public, max-age=31536000, immutable"


async def get(side: Side, path: str, **headers: str) -> tuple[int, bytes, "aiohttp.typedefs.LooseHeaders"]:
    async with side.http.get(f"{side.world.address}/{path}", headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers


async def test_a_gateway_serves_its_lines_and_their_hashes(tmp_path: Path) -> None:
    """As bytes that may be kept for ever; a partial tile of any width that the tree has reached, and none beyond."""
    async with World(tmp_path).gateway() as side:
        await side.send(side.request())
        for width in (1, 2, 3):
            status, tile, headers = await get(side, f"tile/0/000.p/{width}")
            assert (status, headers["Content-Type"]) == (200, "application/octet-stream")
            assert headers["Cache-Control"] == FOR_EVER
            status, bundle, headers = await get(side, f"tile/entries/000.p/{width}")
            assert (status, headers["Cache-Control"]) == (200, FOR_EVER)
            assert b"".join(map(leaf_hash, split_bundle(bundle, width))) == tile
        assert (await get(side, "tile/0/000.p/4"))[0] == 404


@pytest.mark.parametrize(
    "path",
    ["tile/0/000", "tile/entries/000", "tile/1/000.p/1", "tile/0/001.p/1", "tile/0/000.p/0", "tile/0/000.p/02",
     "tile/0/x000/000.p/1", "tile/64/000", "tile/data/000.p/1", "tile/", "tile/0/000.p/1/",
     "tile/0/999999999999999999"],
)  # fmt: skip
async def test_what_does_not_exist_is_not_found_and_not_kept(tmp_path: Path, path: str) -> None:
    """Nobody may remember that a tile is missing: it may be there in a moment."""
    async with World(tmp_path).gateway() as side:
        status, body, headers = await get(side, path)
        assert (status, headers["Cache-Control"], headers["Content-Type"]) == (
            404, "no-store", "application/problem+json",
        )  # fmt: skip
        assert b"999" not in body


async def test_bundles_are_compressed_for_whoever_asks(tmp_path: Path) -> None:
    """A cache between is told that the answer depends on it; HEAD answers like GET."""
    async with World(tmp_path).gateway() as side:
        url = f"{side.world.address}/tile/entries/000.p/2"
        for asked, coding in (("gzip", "gzip"), ("br, GZIP;q=0.5", "gzip"), ("gzip;q=0", None), ("identity", None)):
            async with side.http.get(url, headers={"Accept-Encoding": asked}) as answer:
                assert answer.headers.get("Content-Encoding") == coding
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert len(split_bundle(await answer.read(), 2)) == 2
        async with side.http.head(url) as answer:
            assert (answer.status, await answer.read()) == (200, b"")


async def test_the_database_can_be_read_beside_a_running_gateway(tmp_path: Path) -> None:
    """Without its key store, and without standing in its way."""
    async with World(tmp_path).gateway() as side:
        tree = SqliteTree(tmp_path / "data" / "gateway.db")
        before = (await tree.log()).edge
        await side.send(side.request())
        now = (await tree.log()).edge
        assert now.size == before.size + 1
        assert [leaf_hash(leaf) for leaf in await tree.leaves(now.size - 1, 9)] == [now.hashes[-1]]
        await tree.close()


def test_only_a_gateways_database_is_read(tmp_path: Path) -> None:
    """And the refusal says what to do."""
    (tmp_path / "other.db").write_bytes(b"no database at all, but some text that is long enough" * 40)
    for name, words in (("none.db", "has run here"), ("other.db", "no database")):
        with pytest.raises(StoreRefused, match=words):
            SqliteTree(tmp_path / name)
    assert not (tmp_path / "none.db").exists()


def test_the_worked_tree_of_70000_has_the_tiles_worked_out_elsewhere(tmp_path: Path) -> None:
    """Its first tile of level 1 and its root, as another implementation gave them."""
    made = MadeLog(tmp_path / "log")
    note = made.grow(0, [b"entry-%d" % number for number in range(70_000)])
    assert "\n70000\npipUvjMpT/1aXExjf9dUYwtxqJLoNW46Zmpcin/9FRg=\n" in note
    import urllib.request

    with made.served() as url:
        tile = urllib.request.urlopen(f"{url}/tile/1/000").read()
        packed = urllib.request.urlopen(
            urllib.request.Request(f"{url}/tile/entries/273.p/112", headers={"Accept-Encoding": "gzip"})
        ).read()
    assert sha256(tile).hexdigest() == "3f2180f39b716a1f9ba5b330e55deac1781861f2854c705884f31806688285e0"
    assert split_bundle(gzip.decompress(packed), 112)[-1] == b"entry-69999"
