"""Evidence over real HTTP: what the gateway hands out of an exchange, and to whom it says that there is none."""

import asyncio
from collections.abc import Mapping

import msgspec
import pytest

from contracts.codec import encode
from contracts.event import DirectoryLeaf, parse_leaf
from contracts.evidence import Evidence
from contracts.reply import DecisionClaims, NoticeClaims, Problem
from keys import receipts, tokens
from keys.receipts import Proven
from tests.journey.database import change, rows
from tests.journey.ledger_check import checked
from tests.journey.simulated import Side, World, claims_of
from tests.journey.test_no import ENDINGS
from tests.waiting import until_directory


async def whole_story(side: Side) -> tuple[str, str]:
    """Asked, taken up, read, shared, opened, recalled, acknowledged; the exchange, and the answer."""
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    await side.send(side.accepted(exchange))
    await side.send(side.open("police-13", exchange, claims_of(request).jti, ("subject",)))
    await side.send(side.sensitive(exchange))
    await side.send(side.review(exchange, "proceed"))
    answer = side.answer(exchange)
    of = claims_of(answer).jti
    await side.send(answer)
    await side.send(side.open("prison-mdi", exchange, of, ("preferred_name", "contact_channel")))
    await side.send(side.recall(exchange, of))
    await side.send(side.acknowledge(exchange, of))
    return exchange, of


async def evidence(side: Side, agency: str, exchange: str, **query: str | int) -> Evidence:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    status, body = await side.read(agency, f"/v1/exchanges/{exchange}/evidence" + (f"?{words}" if words else ""))
    assert status == 200, body
    return msgspec.json.decode(body, type=Evidence)


async def refused(side: Side, agency: str, exchange: str, query: str = "") -> Problem:
    status, body = await side.read(agency, f"/v1/exchanges/{exchange}/evidence{query}")
    assert status >= 400
    return msgspec.json.decode(body, type=Problem)


def lines(side: Side, found: Evidence) -> list[Proven]:
    """Every line and every document, proven in one tree of the log."""
    proven = [receipts.check(line.receipt, side.world.vkey) for line in found.lines]
    documents = [receipts.check(each.receipt, side.world.vkey) for each in found.documents]
    assert [each.index for each in proven] == [line.index for line in found.lines]
    assert [each.index for each in documents] == [each.index for each in found.documents]
    assert len({each.tree for each in (*proven, *documents)}) == 1
    return proven


def said(side: Side, token: str) -> bytes:
    return tokens.verify(tokens.parse(token), side.world.log_public)


def events(proven: list[Proven]) -> list[str]:
    return [line.shared.event if line.shared else "erased" for line in proven]


async def test_the_requester_gets_its_own_messages_and_what_was_delivered_to_it(slow: Side) -> None:
    """Nothing of the police's reading, of the sensitivity that they found, or of the review."""
    exchange, _ = await whole_story(slow)
    found = await evidence(slow, "prison-mdi", exchange)
    proven = lines(slow, found)
    assert events(proven) == [
        "contact-request", "accepted", "contact-answer", "open", "recall", "erased", "recall-acknowledged",
    ]  # fmt: skip
    own = ("contact-request", "open", "recall-acknowledged")
    for line, each in zip(proven, found.lines, strict=True):
        assert line.shared is not None
        mine = line.shared.event in own
        assert (line.exact is not None, each.decision is not None) == (mine, mine)
        assert (each.notice is not None) == (line.shared.event == "erased") == (each.token is None)
        if each.decision:
            assert msgspec.json.decode(said(slow, each.decision), type=DecisionClaims).leaf == line.index
        if each.notice:
            told = msgspec.json.decode(said(slow, each.notice), type=NoticeClaims)
            assert (told.to, told.leaf, told.notice) == ("prison-mdi", line.index, "erased")
    assert [(each.kind, each.version) for each in found.documents] == [
        ("agreement", slow.world.agreement.version), ("directory", 1),
    ]  # fmt: skip


async def test_it_is_just_what_replies_and_inbox_have_told(slow: Side) -> None:
    """Byte for byte: the tokens of the inbox, the decisions of the replies."""
    exchange, _ = await whole_story(slow)
    for agency in ("prison-mdi", "police-13"):
        found = await evidence(slow, agency, exchange)
        inbox = {item.index: item.token for item in await slow.inbox(agency)}
        for line in found.lines:
            if line.decision is None:
                assert inbox.pop(line.index) == line.notice or line.token
                continue
            jti = msgspec.json.decode(tokens.parse(line.token or "").claims)["jti"]
            _, reply = await slow.read(agency, f"/v1/messages/{jti}")
            assert msgspec.json.decode(reply)["decision"] == line.decision
        assert not inbox


async def test_the_holder_gets_its_own_side(slow: Side) -> None:
    """Its reading, finding and review with their exact parts; of the prison's opening only the notice."""
    exchange, _ = await whole_story(slow)
    found = await evidence(slow, "police-13", exchange)
    proven = lines(slow, found)
    assert events(proven) == [
        "contact-request", "accepted", "open", "sensitivity", "review", "contact-answer", "open", "recall", "erased",
        "recall-acknowledged",
    ]  # fmt: skip
    opened = found.lines[6]
    assert (opened.token, opened.decision, opened.notice is None) == (None, None, False)
    assert proven[6].exact is None
    assert proven[5].exact is not None


async def test_an_inspector_gets_every_line_once_it_has_said_why(slow: Side) -> None:
    """Tokens, decisions and both openings of all; the look itself is a line of the log."""
    exchange, _ = await whole_story(slow)
    search = slow.search(about=exchange)
    await slow.send(search)
    found = await evidence(slow, "inspectorate-hmip", exchange, search=claims_of(search).jti)
    proven = lines(slow, found)
    assert all(line.shared and line.exact for line in proven)
    assert events(proven)[-3:] == ["recall", "erased", "recall-acknowledged"]
    assert all(line.token and line.decision for line in found.lines if line.index != proven[-2].index)
    assert not any(line.notice for line in found.lines)


async def test_an_inspector_who_has_not_said_why_is_refused(slow: Side) -> None:
    """Without a search, with one about another exchange, with another agency's or a refused one: in the same words."""
    exchange, answer = await whole_story(slow)
    elsewhere = slow.search(about=claims_of(slow.request()).exchange)
    nothing = slow.search()
    unsigned = slow.search(about=exchange, actor=slow.person("inspectorate-hmip", role="custodian"))
    for search in (elsewhere, nothing):
        await slow.send(search)
    await slow.refusal(unsigned)
    named = (claims_of(elsewhere).jti, claims_of(nothing).jti, claims_of(unsigned).jti, answer, exchange, "x")
    queries = ("", *(f"?search={jti}" for jti in named))
    told = [await refused(slow, "inspectorate-hmip", exchange, query) for query in queries]
    assert {(each.status, each.type) for each in told} == {(403, "urn:rj:problem:not-permitted")}
    assert len({each.detail for each in told}) == 1


async def test_a_search_stands_for_an_hour(slow: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """After that an inspector says again why it looks."""
    exchange, _ = await whole_story(slow)
    search = slow.search(about=exchange)
    await slow.send(search)
    monkeypatch.setattr("gateway.searched.SEARCH_LASTS", 1)
    await asyncio.sleep(1.1)
    problem = await refused(slow, "inspectorate-hmip", exchange, f"?search={claims_of(search).jti}")
    assert problem.status == 403


async def test_to_everyone_else_the_exchange_does_not_exist(slow: Side) -> None:
    """In the same words as one that never was; and whoever does not sign is not answered at all."""
    exchange, _ = await whole_story(slow)
    never = claims_of(slow.request()).exchange
    for agency in ("prison-lei", "police-14", "vlu-13", "party-noms"):
        there = await refused(slow, agency, exchange, f"?search={exchange}")
        nowhere = await refused(slow, agency, never)
        assert there == nowhere
        assert there.status == 404
    async with slow.http.get(f"{slow.world.address}/v1/exchanges/{exchange}/evidence") as answer:
        assert answer.status == 401


async def test_a_refused_request_is_no_exchange_of_its_holder(slow: Side) -> None:
    """The requester can prove that it was refused, and why."""
    request = slow.request(fields=("home_address",))
    await slow.refusal(request)
    found = await evidence(slow, "prison-mdi", claims_of(request).exchange)
    (line,) = lines(slow, found)
    assert line.exact is not None
    assert line.exact.code == "R17"
    assert (await refused(slow, "police-13", claims_of(request).exchange)).status == 404


async def test_pages_end_where_the_reader_can_see(slow: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that it may not see take no place in a page."""
    monkeypatch.setattr("gateway.evidence.EVIDENCE_PAGE", 2)
    exchange, _ = await whole_story(slow)
    seen, after = [], -1
    while True:
        page = await evidence(slow, "prison-mdi", exchange, after=after)
        seen += events(lines(slow, page))
        if page.next is None:
            break
        assert len(page.lines) == 2
        after = page.next
    assert len(seen) == 7


@pytest.mark.parametrize("spans", [{"answer": "5 seconds", "accept": "1 second"}])
async def test_a_no_and_a_silence_give_the_same_evidence(spanned: Side) -> None:
    """Before and after the end of the window: events, members, sizes, documents; and the instant is its end."""
    side = spanned
    for _ in range(8):  # every index has two digits, so that sizes can be compared
        await side.refusal(side.request(fields=("home_address",)))
    begun: dict[str, str] = {}
    for name in ENDINGS:
        request = side.request()
        begun[name] = claims_of(request).exchange
        await side.send(request)
    for name, ending in ENDINGS.items():
        await ending(side, begun[name])
    during = {name: await evidence(side, "prison-mdi", exchange) for name, exchange in begun.items()}
    assert _alike(side, during) == ["contact-request"]
    for exchange in begun.values():
        await side.until("prison-mdi", exchange, "cannot-proceed")
    after = {name: await evidence(side, "prison-mdi", exchange) for name, exchange in begun.items()}
    assert _alike(side, after) == ["contact-request", "window-ended", "erased"]
    for exchange, found in zip(begun.values(), after.values(), strict=True):
        seen = await side.view("prison-mdi", exchange)
        ended = lines(side, found)[1].shared
        assert seen is not None
        assert ended is not None
        assert 0 <= ended.at - seen.answer_by <= 1


def _alike(side: Side, found: Mapping[str, Evidence]) -> list[str]:
    shapes = {name: _shape(side, each) for name, each in found.items()}
    for name, shape in shapes.items():
        assert shape == shapes["silence"], f"{name} and a silence can be told apart"
    return events(lines(side, found["silence"]))


def _shape(side: Side, found: Evidence) -> list[object]:
    shape: list[object] = []
    for line, proven in zip(found.lines, lines(side, found), strict=True):
        assert proven.shared is not None
        shape.append((proven.shared.event, proven.shared.fields, proven.shared.decision, proven.exact is None))
        shape.append([None if text is None else len(text) for text in (line.token, line.decision, line.notice)])
        if proven.exact:
            shape.append((proven.exact.state, proven.exact.code, proven.exact.clauses, proven.exact.why))
    return [*shape, [(each.kind, each.version) for each in found.documents], found.next]


async def test_documents_are_kept_as_they_stood_and_served_for_ever(slow: Side) -> None:
    """The directory changes in the middle: each line has the one that was gone by, and both can be fetched."""
    side = slow
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    side.world.publish_directory(2)
    await until_directory(side.http, side.world.address, 2)
    await side.send(side.accepted(exchange))
    found = await evidence(side, "prison-mdi", exchange)
    lines(side, found)
    versions = [(each.version, each.index) for each in found.documents if each.kind == "directory"]
    assert [version for version, _ in versions] == [1, 2]
    assert versions[0][1] < found.lines[0].index < versions[1][1] < found.lines[1].index
    for each in found.documents:
        async with side.http.get(f"{side.world.address}/v1/{each.kind}?version={each.version}") as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
            document = msgspec.json.decode(await answer.read())["document"]
        assert receipts.check(each.receipt, side.world.vkey).leaf.decode().count(each.sha256) == 1
        assert document
    for wrong in ("0", "9", "x", "-1", ""):
        async with side.http.get(f"{side.world.address}/v1/directory?version={wrong}") as answer:
            assert answer.status == 404


async def test_no_line_goes_by_a_document_before_the_log_has_announced_it(
    slow: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that comes after the rules have changed, and before they are announced, brings the leaf with it."""

    async def late(gateway: object) -> None:
        """The announcement has not come to its turn yet."""

    side = slow
    await side.send(side.request())
    monkeypatch.setattr("gateway.documents.announce", late)
    side.world.publish_directory(2)
    await until_directory(side.http, side.world.address, 2)
    before = (await side.checkpoint()).size
    request = side.request()
    await side.send(request)
    found = await evidence(side, "prison-mdi", claims_of(request).exchange)
    lines(side, found)
    (directory,) = [each for each in found.documents if each.kind == "directory"]
    assert (directory.version, directory.index, found.lines[0].index) == (2, before, before + 1)


async def test_a_database_from_before_keeps_what_it_goes_by_from_the_next_start(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """The leaf is there already: no second one is written, and the document is found under it."""
    world = World(tmp_path)
    async with checked(world) as side:
        await whole_story(side)
    change(world, "delete from document")
    ((size,),) = rows(world, "select count(*) from leaf")
    async with checked(world) as side:
        request = side.request()
        await side.send(request)
        found = await evidence(side, "prison-mdi", claims_of(request).exchange)
        lines(side, found)
        assert {each.kind for each in found.documents} == {"agreement", "directory"}
        assert found.lines[0].index == size
        (directory,) = [each for each in found.documents if each.kind == "directory"]
        leaf = parse_leaf(receipts.check(directory.receipt, world.vkey).leaf)
        assert leaf == DirectoryLeaf(version=1, sha256=directory.sha256)
        assert encode(leaf)
