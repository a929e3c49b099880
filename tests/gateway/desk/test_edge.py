"""The local API's edge: by which name it is called, what can stand in a path, and its own words for every refusal."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from yarl import URL

from gateway.desk import records
from tests.gateway.desk.between import between
from tests.gateway.desk.desks import Desk, Desks, desks_at
from tests.journey.simulated import World, uuid7

HOPS = (
    "..%2F..%2Fmetrics",
    "%2Fabc",
    "%2E%2E%2f%2E%2E%2Fmetrics",
    "x",
    uuid7().upper(),
    uuid7() + "%0A",
    "%00",
    "a%2Fb",
)


@pytest_asyncio.fixture
async def world_between(tmp_path: Path) -> AsyncIterator[tuple[Desk, list[str]]]:
    """A desk, and every path that it fetches from its gateway."""
    world, fetched = World(tmp_path), list[str]()

    def seen(path: str, body: bytes) -> bytes:
        fetched.append(path)
        return body

    async with world.gateway(), between(world.address) as stand:
        stand.spoil = seen
        async with desks_at(world, stand.url, "inspectorate-hmip") as desks:
            await desks["inspectorate-hmip"].get("cases")
            yield desks["inspectorate-hmip"], fetched


async def called(desk: Desk, method: str, path: str, **headers: str) -> tuple[int, Any, dict[str, Any]]:
    """Status, headers and problem of a call whose path is sent as it stands."""
    url = URL(desk.url + path, encoded=True)
    given = {"Authorization": f"Bearer {desk.key}"} | headers
    async with desk.http.request(method, url, headers=given, data=b"{}" if method == "POST" else None) as answer:
        return answer.status, answer.headers, msgspec.json.decode(await answer.read())


def refused(answer: tuple[int, Any, dict[str, Any]], status: int) -> dict[str, Any]:
    """The problem, if it is one in our own form."""
    assert answer[0] == answer[2]["status"] == status
    assert (answer[1]["Content-Type"], answer[1]["Cache-Control"]) == ("application/problem+json", "no-store")
    return answer[2]


@pytest.mark.parametrize("hop", HOPS, ids=range(len(HOPS)))
async def test_only_an_id_is_taken_for_an_id(world_between: tuple[Desk, list[str]], hop: str) -> None:
    """Anything else is not there, and nothing is fetched for it under the desk's own bearer."""
    desk, fetched = world_between
    fetched.clear()
    for call in (f"exchanges/{hop}", f"cases/{hop}?fresh=1", f"cases/{hop}", f"receipts/{hop}"):
        refused(await called(desk, "GET", f"/v1/agencies/{desk.agency}/{call}"), 404)
    for call in (f"cases/{hop}/accept", f"standing-instructions/{hop}/lift", f"exchanges/{hop}/open-reasons"):
        refused(await called(desk, "POST", f"/v1/agencies/{desk.agency}/{call}"), 404)
    assert not [path for path in fetched if not path.startswith(("/v1/inbox", "/v1/log-keys"))]
    assert (await called(desk, "GET", f"/v1/agencies/{desk.agency}/exchanges/{uuid7()}"))[0] == 403
    assert [path for path in fetched if path.startswith("/v1/exchanges/")]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8101", "10.0.0.1", "", "1"])
async def test_a_name_that_is_not_this_machines_is_refused(desks: Desks, host: str) -> None:
    """A page in a browser that was led here by its own name is heard by nobody, whatever key it has."""
    prison = desks["prison-mdi"]
    for path in ("/health/live", f"/v1/agencies/{prison.agency}/cases"):
        assert refused(await called(prison, "GET", path, Host=host), 421)["type"] == "urn:rj:problem:misdirected"
        for own in ("127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8101"):
            assert (await called(prison, "GET", path, Host=own))[0] == 200


async def test_a_wrong_method_a_wrong_address_and_too_much_are_problems(desks: Desks) -> None:
    """In our own words, with what is allowed."""
    prison = desks["prison-mdi"]
    base = f"/v1/agencies/{prison.agency}"
    wrong = await called(prison, "POST", f"{base}/cases")
    assert refused(wrong, 405)["type"] == "urn:rj:problem:wrong-method"
    assert "GET" in wrong[1]["Allow"]
    for path in ("/", "/v1", f"{base}/else", f"{base}/cases//accept"):
        refused(await called(prison, "GET", path), 404)
    async with prison.http.post(f"{prison.url}{base}/requests", data=b"x" * 300_000) as answer:
        assert answer.status == 401
    headers = {"Authorization": f"Bearer {prison.key}"}
    async with prison.http.post(f"{prison.url}{base}/requests", data=b"x" * 300_000, headers=headers) as answer:
        refused((answer.status, answer.headers, await answer.json(content_type=None)), 413)


async def test_what_goes_wrong_with_us_is_a_problem_too(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the program: 500 in our own form, and nothing of it is shown."""

    async def broken(*_: object) -> None:
        raise RuntimeError("Rhys")

    monkeypatch.setattr(records, "page_of_cases", broken)
    prison = desks["prison-mdi"]
    problem = refused(await called(prison, "GET", f"/v1/agencies/{prison.agency}/cases"), 500)
    assert "Rhys" not in str(problem)
