"""Bundles of evidence from journeys over real HTTP: what each reader's holds, what it shows, and what breaks it."""

import asyncio
import re
import subprocess
import time
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from contracts.directory import Agency
from gateway.evidence_bundle import archive, check, members
from gateway.evidence_bundle.archive import NotABundle
from gateway.evidence_bundle.case import Case
from gateway.evidence_bundle.material import Material, NotProved
from keys.endorsements import endorse_signing_key, new_signing_key
from tests.agencies import DAY, TestAgency
from tests.journey.bundles import bundle, inspected, material, trusted
from tests.journey.database import change
from tests.journey.ledger_check import checked
from tests.journey.simulated import Side, World, claims_of
from tests.journey.test_evidence import whole_story
from tests.journey.test_no import ENDINGS
from tests.waiting import until

Bundles = tuple[World, Mapping[str, bytes]]


def verified(world: World, raw: bytes) -> Case:
    return check.check(raw, (world.vkey,), world.officers.verifiers, None)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """One whole story, as its requester, its holder and an inspector may show it."""

    async def make() -> Bundles:
        async with checked(World(tmp_path_factory.mktemp("world"))) as side:
            exchange, _ = await whole_story(side)
            made = {
                "requester": bundle(side, await material(side, "prison-mdi", exchange)),
                "holder": bundle(side, await material(side, "police-13", exchange)),
                "inspector": bundle(side, await inspected(side, exchange)),
            }
        return side.world, made

    return asyncio.run(make())


@pytest.mark.parametrize("reader", ["requester", "holder", "inspector"])
def test_each_reader_s_bundle_holds(bundles: Bundles, reader: str) -> None:
    """Every signature, proof and file; and everything is in order."""
    world, made = bundles
    case = verified(world, made[reader])
    assert (case.side, case.requester, case.holder) == (reader, "prison-mdi", "police-13")
    assert case.faults == ()


def test_the_same_material_gives_the_same_bytes(bundles: Bundles) -> None:
    """So that two people who ask for it can compare what they were given."""
    world, made = bundles
    for raw in made.values():
        assert archive.pack(members.files(verified(world, raw))) == raw


def test_the_requester_s_bundle_tells_nothing_of_the_police_s_inside(bundles: Bundles) -> None:
    """No reading, no sensitivity, no review, no word that they are there; the inspector's has all three."""
    _, made = bundles
    for word in (b"sensitiv", b"stalking", b"eview"):
        assert word in made["inspector"]
        text = b"".join(raw for name, raw in archive.unpack(made["requester"]).items() if "documents/" not in name)
        assert word not in re.sub(rb'"(sensitivities)"', b"", text)


@pytest.mark.parametrize("spans", [{"answer": "5 seconds", "accept": "1 second"}])
async def test_a_no_and_a_silence_give_the_same_bundle(spanned: Side) -> None:
    """Members, their sizes and their words, before the end of the window and after, whatever the police have done."""
    side = spanned
    for _ in range(8):  # every index has two digits
        await side.refusal(side.request(fields=("home_address",)))
    begun: dict[str, str] = {}
    for name in ENDINGS:
        request = side.request()
        begun[name] = claims_of(request).exchange
        await side.send(request)
    for name, ending in ENDINGS.items():
        await ending(side, begun[name])
    assert "Line" in (await _all_alike(side, begun))["README.txt"]
    for exchange in begun.values():
        await side.until("prison-mdi", exchange, "cannot-proceed")
    alike = await _all_alike(side, begun)
    assert "It cannot proceed".lower() in alike["README.txt"].lower()
    assert sum("receipt" in name for name in alike) == 3


async def _all_alike(side: Side, begun: Mapping[str, str]) -> dict[str, str]:
    made = {name: bundle(side, await material(side, "prison-mdi", exchange)) for name, exchange in begun.items()}
    shapes = {name: {_plain(file): _plain(text) for file, text in _texts(raw).items()} for name, raw in made.items()}
    sizes = {name: _sizes(raw) for name, raw in made.items()}
    for name in made:
        assert shapes[name] == shapes["silence"], f"{name} and a silence can be told apart"
        assert sizes[name] == sizes["silence"], f"{name} and a silence differ in size"
    return shapes["silence"]


_VARIES = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_-]{43,}|[A-Za-z0-9+/=]{30,}|\b[0-9a-f]{64}\b"
    r"|\d+ [A-Z][a-z]+ \d{4}, [\d:]{8}|\d+"
)


def _plain(text: str) -> str:
    return _VARIES.sub("0", text)


def _texts(raw: bytes) -> dict[str, str]:
    """Every file; of a receipt and a checkpoint only that it is there, since the tree's depth is everybody's to see."""
    held = archive.unpack(raw).items()
    return {name: "" if "proof" in name or "checkpoint" in name else text.decode() for name, text in held}


def _sizes(raw: bytes) -> dict[str, int]:
    """Of the files of the lines, and of the documents: all but what grows with the log."""
    held = archive.unpack(raw).items()
    return {_plain(name): len(text) for name, text in held if "/" in name and "proof" not in name}


# What breaks it


@pytest.mark.parametrize("reader", ["requester", "inspector"])
def test_one_byte_changed_in_any_file_is_found(bundles: Bundles, reader: str) -> None:
    """First, last and in the middle of every file; and where the manifest is made anew to fit, in the middle."""
    world, made = bundles
    held = archive.unpack(made[reader])
    for name, raw in held.items():
        for at in (0, len(raw) - 1, len(raw) // 2):
            changed = {**held, name: raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]}
            with pytest.raises(NotProved):
                verified(world, archive.pack(changed))
        assert name == members.MANIFEST or _is_refused(partial(verified, world, _with_manifest(changed))), name


def _is_refused(made: Callable[[], object]) -> bool:
    try:
        made()
    except NotProved:
        return True
    return False


def _with_manifest(held: Mapping[str, bytes]) -> bytes:
    beside = {name: raw for name, raw in held.items() if name != members.MANIFEST}
    return archive.pack({**beside, members.MANIFEST: members.manifest(beside)})


def test_a_file_taken_away_or_added_is_found(bundles: Bundles) -> None:
    """Whether or not the manifest knows of it; and so is a folder of its own."""
    world, made = bundles
    held = archive.unpack(made["holder"])
    for name in held:
        less = {each: raw for each, raw in held.items() if each != name}
        with pytest.raises(NotProved):
            verified(world, archive.pack(less))
        if name != members.MANIFEST:
            with pytest.raises(NotProved):
                verified(world, _with_manifest(less))
    for name in ("lines/000002-contact-request/note.txt", "hello.txt", "lines/", "../x"):
        with pytest.raises(NotProved):
            verified(world, _with_manifest({**held, name: b""}))


def test_any_bit_of_the_zip_itself_is_found(bundles: Bundles) -> None:
    """Headers, dates and the gaps between files too; and bytes before and after."""
    world, made = bundles
    raw = made["requester"]
    for at in [*range(0, len(raw), 997), *range(len(raw) - 400, len(raw), 7)]:
        with pytest.raises((NotProved, NotABundle)):
            verified(world, raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :])
    for other in (raw + b"\n", b"PK" + raw, raw[:-1], raw[: len(raw) // 2], b"PK\3\4", raw + raw):
        with pytest.raises((NotProved, NotABundle)):
            verified(world, other)


def test_a_zip_packed_by_another_program_is_refused(bundles: Bundles) -> None:
    """Two programs may see two things in one that is not plain."""
    world, made = bundles
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as anew:
        for name, raw in archive.unpack(made["requester"]).items():
            anew.writestr(name, raw)
    with pytest.raises(NotProved, match="another program"):
        verified(world, packed.getvalue())
    for nothing in (b"", b"hello", b"{}"):
        with pytest.raises(NotABundle):
            verified(world, nothing)


def test_other_keys_than_the_reader_s_are_found(bundles: Bundles, tmp_path: Path) -> None:
    """Another log's key, other officers: whoever made the bundle does not choose whom its reader trusts."""
    world, made = bundles
    other = World(tmp_path / "other")
    stranger = TestAgency("police-14")
    with pytest.raises(NotProved):
        check.check(made["holder"], (replace(world.vkey, public=stranger.signing_public),), None, None)
    officers = (world.officers.verifiers[0], replace(world.officers.verifiers[1], public=stranger.signing_public))
    with pytest.raises(NotProved):
        check.check(made["holder"], (world.vkey,), officers, None)
    assert check.check(made["holder"], (other.vkey,), other.officers.verifiers, None).faults == ()  # the same seeds


def test_a_policy_asks_for_cosigners(bundles: Bundles) -> None:
    """Nobody has cosigned this log yet: with a quorum it does not hold, with none it does."""
    world, made = bundles
    log = f"log {world.vkey.encode()}\n"
    assert check.check(made["holder"], (world.vkey,), None, log + "quorum none\n").faults == ()
    witness = "witness w w.example+2ce2b6e4+BEZxkVoHOMqZ0Ci4TCBPXd1bBOvRHxeFGiqtMa1RqDC2\n"
    with pytest.raises(NotProved):
        check.check(made["holder"], (world.vkey,), None, log + witness + "quorum w\n")


SPOILS: Mapping[str, Callable[[Material], Material]] = {
    "a decision of another line": lambda m: _line(m, 0, decision=m.lines[3].decision),
    "a message of another line": lambda m: _line(m, 0, token=m.lines[1].token),
    "a notice of nobody": lambda m: _line(m, 0, notice=m.lines[0].decision),
    "a receipt of another line": lambda m: _line(m, 0, receipt=m.lines[1].receipt),
    "lines out of order": lambda m: replace(m, lines=(m.lines[1], m.lines[0], *m.lines[2:])),
    "a line twice": lambda m: replace(m, lines=(m.lines[0], *m.lines)),
    "no line": lambda m: replace(m, lines=()),
    "no directory": lambda m: replace(m, documents=m.documents[:1]),
    "no agreement": lambda m: replace(m, documents=m.documents[1:]),
    "another reader": lambda m: replace(m, reader="police-13"),
    "a reader who has no part": lambda m: replace(m, reader="prison-lei"),
    "another exchange": lambda m: replace(m, exchange=m.exchange[:-1] + ("1" if m.exchange[-1] == "0" else "0")),
    "another origin": lambda m: replace(m, origin="other.test/rj"),
    "a document's leaf as a line": lambda m: _line(m, 0, receipt=m.documents[0].stood.receipt, index=0),
    "a line's leaf as a document's": lambda m: _document(m, receipt=m.lines[0].receipt),
    "a document at another line": lambda m: _document(m, index=m.documents[0].stood.index + 1),
}


def _line(made_of: Material, number: int, **changes: object) -> Material:
    lines = list(made_of.lines)
    lines[number] = replace(lines[number], **changes)
    return replace(made_of, lines=tuple(lines))


def _document(made_of: Material, **changes: object) -> Material:
    first, *rest = made_of.documents
    return replace(made_of, documents=(replace(first, stood=replace(first.stood, **changes)), *rest))


async def test_what_does_not_belong_together_is_not_proved(slow: Side) -> None:
    """Every part is good, and in the wrong place."""
    exchange, _ = await whole_story(slow)
    good = await material(slow, "prison-mdi", exchange)
    assert bundle(slow, good)
    for name, spoil in SPOILS.items():
        assert _is_refused(partial(check.bundle, spoil(good), trusted(slow.world))), name


async def test_more_than_its_reader_may_see_is_not_handed_out(slow: Side) -> None:
    """A gateway that gave a prison the police's own lines would be refused by the prison's own desk."""
    exchange, _ = await whole_story(slow)
    whole = await inspected(slow, exchange)
    for agency in ("prison-mdi", "police-13"):
        with pytest.raises(NotProved, match="more than its reader may see"):
            bundle(slow, replace(whole, reader=agency))


LEFT_OUT: Mapping[str, str] = {
    "contact-request": "there is no request before it",
    "contact-answer": "values were handed over that no accepted message",
    "review": "no reviewer decided before it",
    "recall": "there is no recall before it",
}


@pytest.mark.parametrize("event", LEFT_OUT)
async def test_what_is_out_of_sequence_is_told(slow: Side, event: str) -> None:
    """A line left out that another rests on: signatures hold, and the order does not; the bundle says so itself."""
    exchange, _ = await whole_story(slow)
    whole = await inspected(slow, exchange)
    names = [name for name in archive.unpack(bundle(slow, whole)) if name.startswith("lines/")]
    folder = next(name for name in names if name.split("-", 1)[1].startswith(f"{event}/"))
    index = int(folder[6:12])
    raw = bundle(slow, replace(whole, lines=tuple(line for line in whole.lines if line.index != index)))
    case = verified(slow.world, raw)
    assert any(LEFT_OUT[event] in fault.words for fault in case.faults), case.faults
    held = archive.unpack(raw)
    assert b"NOT EVERYTHING IS IN ORDER" in held["README.txt"]
    assert b"NOT IN ORDER" in held["timeline.txt"]
    assert b"ATTENTION" in held["timeline.svg"]


async def test_a_record_that_is_gone_without_an_erasure_is_an_alarm(tmp_path: Path) -> None:
    """Somebody took a record out of the database: the inspector's bundle shows the hole."""
    world = World(tmp_path)
    async with world.gateway(check=False) as side:
        exchange, _ = await whole_story(side)
        before = await inspected(side, exchange)
        change(world, "update leaf set record = null, slot = null where i = ?", before.lines[3].index)
        case = verified(world, bundle(side, await inspected(side, exchange)))
    assert [(fault.line, "ALARM" in fault.words) for fault in case.faults] == [(before.lines[3].index, True)]


@pytest.mark.parametrize("stripped", [{"token": None, "decision": None}, {"decision": None}])
async def test_an_inspector_s_bundle_without_a_message_or_its_decision_is_an_alarm(
    slow: Side, stripped: Mapping[str, None]
) -> None:
    """Taken out and packed anew: without the message nobody could tell what was asked for or opened."""
    exchange, _ = await whole_story(slow)
    whole = await inspected(slow, exchange)
    case = verified(slow.world, bundle(slow, _line(whole, 6, **stripped)))
    assert (whole.lines[6].index, True) in [(fault.line, "ALARM" in fault.words) for fault in case.faults]


# The directory as it stood


async def test_each_message_is_judged_by_the_directory_as_it_stood(slow: Side) -> None:
    """The prison's key is replaced and the old one revoked in the middle: what each signed in its time still holds."""
    side, world = slow, slow.world
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    old, new = world.agencies["prison-mdi"], TestAgency("prison-mdi", "second")
    await _publish(side, _rotated(old, new, world))
    world.agencies["prison-mdi"] = new
    await side.send(side.more_needed(exchange))
    await side.send(side.supplement(exchange))
    made_of = await material(side, "prison-mdi", exchange)
    case = verified(world, bundle(side, made_of))
    assert [line.accepted for line in case.lines] == [True, True, True]
    assert [each.stood.version for each in made_of.documents if each.stood.kind == "directory"] == [1, 2]
    first, second = (each for each in made_of.documents if each.stood.kind == "directory")
    agreement = next(each for each in made_of.documents if each.stood.kind == "agreement")
    for kept in ((agreement, first), (agreement, second)):
        with pytest.raises(NotProved):
            bundle(side, replace(made_of, documents=kept))
    swapped = replace(
        made_of,
        documents=(agreement, replace(first, stood=second.stood), replace(second, stood=first.stood)),
    )
    with pytest.raises(NotProved):
        bundle(side, swapped)


def _rotated(old: TestAgency, new: TestAgency, world: World) -> Agency:
    now = int(time.time())
    entry = new.entry("gateway.test/rj", now, world.agreement.digest)
    before = replace(old.signing_key(now - 3600), revoked_at=now + 1)
    key = new_signing_key(new.signing_public, now - DAY, now + 300 * DAY)
    endorsed = endorse_signing_key("gateway.test/rj", "prison-mdi", key, old.signing)
    return replace(entry, signing=(before, endorsed))


async def _publish(side: Side, entry: Agency) -> None:
    side.world.publish_directory(2, entry)

    async def announced() -> bool:
        async with side.http.get(f"{side.world.address}/v1/directory?version=2") as answer:
            return answer.status == 200

    await until(announced)
    await asyncio.sleep(1.1)


# Other people's tools


def test_other_people_s_tools_read_it(bundles: Bundles, tmp_path: Path) -> None:
    """unzip, sha256sum and openssl, by the steps that README.txt gives, with no part of this program."""
    _, made = bundles
    (tmp_path / "evidence.zip").write_bytes(made["holder"])
    _run("unzip -q evidence.zip -d unpacked && unzip -tq evidence.zip", tmp_path)
    unpacked = tmp_path / "unpacked"
    _run("sha256sum --quiet -c MANIFEST.sha256", unpacked)
    readme = (unpacked / "README.txt").read_text()
    steps = re.search(r"\n\n( {7}\(printf.*?)\n\n", readme, re.DOTALL)
    assert steps is not None
    folders = [path.parent for path in unpacked.glob("lines/*/shared.json")]
    assert len(folders) == 10
    for folder in folders:
        leaf = msgspec.json.decode((folder / "leaf.json").read_bytes())
        assert _run(steps[1], folder).strip() == leaf["shared"]
        if (folder / "exact.json").exists():
            assert _run(steps[1].replace("shared", "exact"), folder).strip() == leaf["exact"]


def _run(command: str, folder: Path) -> str:
    return subprocess.run(["bash", "-ec", command], cwd=folder, capture_output=True, text=True, check=True).stdout


def test_the_picture_is_plain_and_has_a_text_alternative(bundles: Bundles) -> None:
    """Well-formed, no script, no link outwards, no colour but greys, and the whole table as its description."""
    _, made = bundles
    for raw in made.values():
        held = archive.unpack(raw)
        text = held["timeline.svg"].decode()
        picture = ET.fromstring(text)
        assert picture.get("role") == "img"
        assert {part.tag.rpartition("}")[2] for part in picture.iter()} == {
            "svg", "title", "desc", "style", "rect", "line", "path", "circle", "g", "text",
        }  # fmt: skip
        assert "href" not in text
        assert set(re.findall(r"#[0-9a-f]{3,6}\b", text)) <= {"#000", "#fff", "#999", "#ddd"}
        description = picture.find("{http://www.w3.org/2000/svg}desc")
        assert description is not None
        assert description.text == held["timeline.txt"].decode()
