"""Each role signs in and looks everywhere: nothing personal where it must not be (attack classes 123, 125 and 129)."""

import html
import re
from dataclasses import dataclass

import pytest
import pytest_asyncio

from gateway.desk.pages.application import PAGES
from tests.gateway.desk.desks import request, staff
from tests.journey.simulated import uuid7
from tests.pages.browser import fits
from tests.pages.conftest import SignIn
from tests.pages.crawling import FORM, TYPED, Visited, signed_in
from tests.pages.world import World

OFFENDER = ("Ozymandias Ptolemaios", "A9876ZX", "1979/0163001B")
CASE = ("13 99887766", "notewordquetzal", "Hyacinthe Brackenthwaite")
VALUES = {
    "preferred_name": "Persephone Quillfeather",
    "contact_channel": "07700 900987",
    "safe_times": "tuesdaysquokka",
    "access_needs": "signingnarwhal",
}
EVERYTHING = (*OFFENDER, *CASE, *VALUES.values())
STAFF = (
    ("prison-mdi", "coordinator", OFFENDER + CASE[:1]),
    ("prison-mdi", "second", OFFENDER + CASE[:1]),
    ("prison-mdi", "wing", ()),
    ("prison-lei", "coordinator", ()),
    ("police-13", "officer", ()),
    ("police-13", "reviewer", ()),
    ("police-14", "officer", ()),
    ("vlu-yh", "liaison", ()),
    ("inspectorate-hmip", "inspector", ()),
)
"""Who signs in, and what of all that was planted may stand on their pages without a look that is logged."""

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/proof/)[0-9]+")
PLACE = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
WORDS = {"question": "purpose", "leaf": "0", "file": "lines.csv", "measure": "requests", "area": "police-13"}
SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7}"


@dataclass(frozen=True)
class Planted:
    """Cases in which everything personal is a word that stands nowhere else."""

    shared: str
    withdrawn: str
    unread: str


async def _ask(world: World, crime: str, **changes: object) -> str:
    wanted = request(crime=crime, prison_number=OFFENDER[1], **changes)
    wanted["offender"]["name"] = OFFENDER[0]
    wanted |= {"note": CASE[1], "victim": {"name": CASE[2]}}
    return str((await world.api("prison-mdi").post("requests", wanted))["case"]["exchange"])


async def _share(world: World, exchange: str) -> None:
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    await police.post(f"cases/{exchange}/accept", {"staff": None})
    await police.read(exchange)
    await police.share(exchange, VALUES)
    await world.api("prison-mdi").until(exchange, "contact-answer")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def planted(world: World) -> Planted:
    """A case with details shared (and opened by somebody), one that was withdrawn, one that nobody has read."""
    shared = await _ask(world, CASE[0])
    await _share(world, shared)
    await world.api("prison-mdi").open(shared)
    withdrawn = await _ask(world, f"{CASE[0]}2")
    await _share(world, withdrawn)
    await world.api("police-13").post(f"cases/{withdrawn}/recall", {"staff": staff("p100", "police-officer")})
    await world.api("prison-mdi").until(withdrawn, "recall")
    return Planted(shared=shared, withdrawn=withdrawn, unread=await _ask(world, f"{CASE[0]}3"))


def _starts(agency: str, planted: Planted) -> list[str]:
    face = {"prison": "/requester/cases", "inspectorate": "/inspector/exchanges"}.get(
        agency.partition("-")[0], "/holder/requests"
    )
    cases = (planted.shared, planted.withdrawn, planted.unread)
    return ["/", *(f"{face}/{exchange}" for exchange in cases), f"{face}/{planted.shared}/details"]


def _says(body: str, word: str) -> bool:
    return word in body or html.escape(word) in body


@pytest.mark.parametrize(("agency", "post", "may"), STAFF, ids=lambda each: each if isinstance(each, str) else "")
async def test_no_page_of_a_role_holds_what_it_may_not_see(
    world: World, planted: Planted, capfd: pytest.CaptureFixture[str], agency: str, post: str, may: tuple[str, ...]
) -> None:
    """Nor does a title, an address, a header, a file that is kept by the browser, or the desk's own log."""
    async with signed_in(world, agency, post) as crawler:
        pages = await crawler.crawl(*_starts(agency, planted))
    assert len([page for page in pages if page.status == 200]) >= 2, [(page.path, page.status) for page in pages]
    assert not [(page.path, page.status) for page in pages if page.status >= 500]
    for page in pages:
        assert page.headers["Cache-Control"] == "no-store", page.path
        told = {word for word in EVERYTHING if _says(page.body, word)}
        assert told <= set(may), (page.path, told - set(may))
        places = (page.path, page.title, str(page.headers))
        assert not [word for word in EVERYTHING for place in places if word in place], page.path
    out, err = capfd.readouterr()
    assert not [word for word in EVERYTHING if word in out or word in err]


async def test_the_crawler_finds_what_is_there(world: World, planted: Planted) -> None:
    """The control: a coordinator's own pages name the prisoner, so that finding nothing elsewhere means something."""
    async with signed_in(world, "prison-mdi", "coordinator") as crawler:
        pages = await crawler.crawl(*_starts("prison-mdi", planted))
    assert [page for page in pages if _says(page.body, OFFENDER[0])]
    assert [page for page in pages if "Details shared" in page.body]


@pytest.mark.parametrize(("agency", "post"), [each[:2] for each in STAFF])
async def test_no_page_opens_to_whom_it_is_not_for(world: World, planted: Planted, agency: str, post: str) -> None:
    """Every address of every face, tried by every role (125): only its own open, and forms of others do nothing."""
    role = world.person(agency, post)["role"]
    own = {"prison": "requester", "inspectorate": "inspector"}.get(agency.partition("-")[0], "holder")
    async with signed_in(world, agency, post) as crawler:
        await crawler.crawl("/")
        token = await crawler.token()
        for page in PAGES:
            theirs = page.face in (None, own) and (not page.roles or role in page.roles)
            if theirs:
                continue
            path = _filled(page.path, planted.shared)
            answer = await (crawler.get(path) if page.method == "GET" else crawler.post(path, {"csrf": token}))
            assert answer.status == 403, (page.method, page.path, answer.status)
            assert not [word for word in EVERYTHING if _says(answer.body, word)], page.path


@pytest.mark.parametrize(("agency", "post"), [("prison-lei", "coordinator"), ("police-14", "officer")])
async def test_another_agencys_case_is_not_there(world: World, planted: Planted, agency: str, post: str) -> None:
    """With the right role at the wrong agency (125), in the same words as a case that never was."""
    own = "requester" if agency.startswith("prison") else "holder"
    async with signed_in(world, agency, post) as crawler:
        for page in PAGES:
            if page.face != own or page.method != "GET" or "{id" not in page.path:
                continue
            theirs = await crawler.get(_filled(page.path, planted.shared))
            nobodys = await crawler.get(_filled(page.path, uuid7()))
            assert theirs.status == nobodys.status, page.path
            assert theirs.status in (303, 403, 404), (page.path, theirs.status)
            assert not [word for word in EVERYTHING if _says(theirs.body, word)], page.path


async def test_every_form_needs_the_word_of_its_session(world: World, planted: Planted) -> None:
    """Every address that something is sent to refuses a form without it (122)."""
    for agency, post, face in (
        ("prison-mdi", "coordinator", "requester"),
        ("police-13", "officer", "holder"),
        ("inspectorate-hmip", "inspector", "inspector"),
    ):
        role = world.person(agency, post)["role"]
        async with signed_in(world, agency, post) as crawler:
            for page in PAGES:
                if page.method == "POST" and page.face in (None, face) and (not page.roles or role in page.roles):
                    answer = await crawler.post(_filled(page.path, planted.shared), {"csrf": "", "why": "x"})
                    assert answer.status == 403, page.path
                    assert "did not come from this desk" in answer.body


@pytest.mark.parametrize(
    ("agency", "post"),
    [
        ("prison-mdi", "coordinator"),
        ("prison-mdi", "wing"),
        ("police-13", "officer"),
        ("police-13", "reviewer"),
        ("inspectorate-hmip", "inspector"),
    ],
)
async def test_every_page_that_a_link_leads_to_is_accessible(
    as_: SignIn, world: World, planted: Planted, agency: str, post: str
) -> None:
    """axe finds nothing on any of them, and none scrolls sideways at 400 %: whether or not a journey comes by."""
    async with signed_in(world, agency, post) as crawler:
        found = await crawler.crawl(*_starts(agency, planted))
    pages = {ID.sub("", page.path.partition("?")[0]): page.path for page in found if _is_page(page)}
    assert len(pages) >= 2
    person = await as_(agency, post)
    for path in pages.values():
        await person.go(path)
        await person.accessible()
        await person.page.set_viewport_size({"width": 320, "height": 256})
        await fits(person.page)
        await person.page.set_viewport_size({"width": 1280, "height": 720})


def _is_page(visited: Visited) -> bool:
    return visited.status == 200 and visited.headers.get("Content-Type", "").startswith("text/html")


@pytest.mark.parametrize(
    ("agency", "post"),
    [
        ("prison-mdi", "coordinator"),
        ("prison-mdi", "wing"),
        ("police-13", "officer"),
        ("inspectorate-hmip", "inspector"),
    ],
)
async def test_nothing_that_is_typed_becomes_part_of_a_page(
    world: World, planted: Planted, agency: str, post: str
) -> None:
    """Script typed into every field of every form comes back as text, at once and wherever it is shown later (123)."""
    async with signed_in(world, agency, post) as crawler:
        pages = await crawler.crawl(*_starts(agency, planted))
        tried = [(path, values) for page in pages for path, values in _attacks(page.path, page.body)]
        assert tried
        answered = [await crawler.post(path, values) for path, values in tried]
        assert not [(each.path, each.status) for each in answered if each.status >= 500]
        crawler.seen.clear()
        later = await crawler.crawl("/")
        for page in [*answered, *later]:
            assert "<script>alert" not in page.body, page.path
            assert "<img src=x" not in page.body, page.path
            assert "49" not in page.title, page.path
    assert [each for each in answered if html.escape("<script>alert") in each.body]


def _attacks(path: str, body: str) -> list[tuple[str, dict[str, str]]]:
    """Each form of a page with the script in every field that takes text."""
    found = []
    for attributes, inside in FORM.findall(body):
        fields = TYPED.findall(inside)
        if 'method="post"' not in attributes or not fields or "enctype" in attributes:
            continue
        action = attributes.partition('action="')[2].partition('"')[0] or path
        hidden = {
            part.partition('name="')[2].partition('"')[0]: part.partition('value="')[2].partition('"')[0]
            for part in inside.split("<")
            if part.startswith("input") and 'type="hidden"' in part
        }
        found.append((action, hidden | dict.fromkeys(fields, SCRIPT)))
    return found


def _filled(path: str, exchange: str) -> str:
    """An address with an id, or a word that fits, in each of its places."""
    return PLACE.sub(lambda found: WORDS.get(found[1], exchange), path)


def test_the_paths_of_all_pages_are_tried() -> None:
    """No page is left out by its address."""
    assert len({(page.method, page.path) for page in PAGES}) == len(PAGES) > 60
    assert all("{" not in _filled(page.path, uuid7()) for page in PAGES)
