"""Events are posted to an agency's own system: at least once, in order, signed, and only where they may go."""

import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from gateway.config import ConfigRefused, WebhookSettings, load_desk
from gateway.desk import webhooks
from gateway.desk.receiver import signature
from gateway.desk.serve import serving
from gateway.errors import CannotStart
from tests.gateway.desk.desks import VALUES, Desk, settings
from tests.gateway.desk.receivers import Authority, Receiver, receiver
from tests.gateway.desk.test_local_api import PERSONAL
from tests.journey.simulated import World


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(webhooks, "LONGEST_PAUSE", 0.1)


def hook(world: World, url: str, **changes: Any) -> WebhookSettings:
    return WebhookSettings(
        **({"url": url, "agencies": ("prison-mdi",), "secret": world.folder / "webhook.secret"} | changes)
    )


@asynccontextmanager
async def desk_with(
    world: World, *hooks: WebhookSettings, also: tuple[str, ...] = ()
) -> AsyncIterator[dict[str, Desk]]:
    """A desk that posts to these receivers."""
    told = settings(world, world.address, "prison-mdi", *also)
    async with aiohttp.ClientSession() as http, serving(replace(told, webhook=hooks)) as address:
        yield {
            each.folder.name: Desk(http, address, each.folder.name, (each.folder / "local-api.key").read_text().strip())
            for each in told.agency
        }


async def failing(desk: Desk) -> int:
    async with desk.http.get(f"{desk.url}/health/ready") as answer:
        return (await answer.json())["webhooks_failing"]


async def test_every_event_is_posted_once_in_order_and_signed(tmp_path: Path) -> None:
    """What is posted is what `GET events` tells, and names nobody."""
    world = World(tmp_path)
    async with world.gateway(), receiver() as to:
        async with desk_with(world, hook(world, to.url), also=("police-13",)) as desks:
            prison, police = desks["prison-mdi"], desks["police-13"]
            exchange = (await prison.ask())["case"]["exchange"]
            await police.until(exchange, "contact-request")
            await police.read(exchange)
            await police.share(exchange, VALUES)
            await prison.until(exchange, "contact-answer")
            await prison.open(exchange)
            events = (await prison.get("events"))["events"]
            await to.until(posts=len(events))
        assert [post.event for post in to.posts] == events
        assert {json.loads(post.body)["agency"] for post in to.posts} == {"prison-mdi"}
        assert len({post.id for post in to.posts}) == len(events)
        secret = tmp_path / "webhook.secret"
        assert secret.stat().st_mode & 0o077 == 0
        assert all(post.is_signed_by(secret) for post in to.posts)
        assert not any(word in str(post) for word in PERSONAL for post in to.posts)
        to.posts[0].body += b" "
        assert not to.posts[0].is_signed_by(secret)


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 404}, {"status": 302, "location": "/elsewhere"}, {"pause": 1.2}]
)
async def test_a_receiver_that_does_not_take_it_is_tried_again_and_alarms(
    tmp_path: Path, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failing, redirecting, slow: nothing else waits, nothing is left out or overtaken, and no redirect is followed."""
    world = World(tmp_path)
    async with world.gateway(), receiver() as to, desk_with(world, hook(world, to.url, seconds=1)) as desks:
        prison = desks["prison-mdi"]
        assert await failing(prison) == 0
        for name, value in fault.items():
            setattr(to, name, value)
        began = time.monotonic()
        asked = [(await prison.ask("approach", crime=f"13 {n}"))["case"]["exchange"] for n in range(2)]
        assert time.monotonic() - began < 10
        await to.until(tried=2)
        assert await failing(prison) == 1
        to.status, to.location, to.pause = 204, None, 0
        to.posts.clear()
        events = (await prison.get("events"))["events"]
        await until_posted(to, events)
        assert {each["exchange"] for each in events} == set(asked)
        assert to.elsewhere == 0
        await until_well(prison)


async def until_posted(to: Receiver, events: list[dict[str, Any]]) -> None:
    """All of these came, in this order. One whose answer came too late is posted again, under the same id."""
    await to.until(posts=len(events))
    ids = {post.id: post.event for post in to.posts}
    assert list(ids.values()) == events


async def until_well(desk: Desk) -> None:
    end = time.monotonic() + 5
    while await failing(desk):
        assert time.monotonic() < end, "The alarm does not end."


async def test_after_a_restart_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """What happened while the receiver was away comes first; what it took does not come again."""
    world = World(tmp_path)
    async with world.gateway():
        async with receiver() as to:
            port = int(to.url.split(":")[2].split("/")[0])
            async with desk_with(world, hook(world, to.url)) as desks:
                for number in range(2):
                    await desks["prison-mdi"].ask("approach", crime=f"13 {number}")
                    await to.until(posts=number + 1)
                first, second = (post.id for post in to.posts)
        async with desk_with(world, hook(world, to.url)) as desks:
            await desks["prison-mdi"].ask("approach", crime="13 8")
        async with receiver(port) as to, desk_with(world, hook(world, to.url)) as desks:
            await desks["prison-mdi"].ask("approach", crime="13 9")
            events = (await desks["prison-mdi"].get("events"))["events"]
            await to.until(posts=2)
            await to.until(posts=2 + (to.posts[0].id == second))  # the desk may have ended before it knew
            assert first not in {post.id for post in to.posts}
            assert [post.event for post in to.posts if post.id != second] == events[2:]


async def test_a_new_receiver_begins_with_what_happens_from_then_on(tmp_path: Path) -> None:
    """The events before are read by `GET events`."""
    world = World(tmp_path)
    async with world.gateway(), receiver() as to:
        async with desk_with(world) as desks:
            await desks["prison-mdi"].ask("approach", crime="13 1")
        async with desk_with(world, hook(world, to.url)) as desks:
            await desks["prison-mdi"].ask("approach", crime="13 2")
            await to.until(posts=1)
            assert to.posts[0].event["n"] > (await desks["prison-mdi"].get("events"))["events"][0]["n"]


async def test_over_https_both_ends_show_certificates(tmp_path: Path) -> None:
    """A desk with the right one is let in, and lets nobody take its events whom its `ca` does not vouch for."""
    world = World(tmp_path)
    ours, theirs, stranger = (Authority(tmp_path, name) for name in ("ours", "theirs", "stranger"))
    certificate, key = ours.issue("desk")
    mutual = {"certificate": certificate, "key": key, "ca": theirs.ca}
    async with world.gateway():
        async with (
            receiver(tls=theirs.asking_for(ours)) as to,
            desk_with(world, hook(world, to.url, **mutual)) as desks,
        ):
            await desks["prison-mdi"].ask("approach", crime="13 1")
            await to.until(posts=1)
            assert to.posts[0].is_signed_by(tmp_path / "webhook.secret")
        for tls in (stranger.asking_for(ours), theirs.asking_for(stranger)):
            async with receiver(tls=tls) as to, desk_with(world, hook(world, to.url, **mutual)) as desks:
                await desks["prison-mdi"].ask("approach", crime=f"13 {time.time_ns()}")
                await until_ill(desks["prison-mdi"])
                assert to.posts == []


async def until_ill(desk: Desk) -> None:
    end = time.monotonic() + 10
    while not await failing(desk):
        assert time.monotonic() < end, "There is no alarm."


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://receiver.example/rj", "Plain HTTP is for this machine alone"),
        ("http://10.0.0.1/rj", "Plain HTTP is for this machine alone"),
        ("http://127.0.0.1.evil.example/rj", "Plain HTTP is for this machine alone"),
        ("https://receiver.example/rj", "each end shows a certificate"),
        ("ftp://127.0.0.1/rj", "begins with http"),
        ("http://name:word@127.0.0.1/rj", "begins with http"),
        ("rj", "begins with http"),
    ],
)
async def test_an_address_where_events_may_not_go_is_refused_at_the_start(tmp_path: Path, url: str, says: str) -> None:
    """With what to change, before anything is served."""
    world = World(tmp_path)
    world.address = "http://127.0.0.1:9"
    with pytest.raises(CannotStart, match=says):
        async with desk_with(world, hook(world, url)):
            pass


async def test_what_does_not_belong_together_is_refused_at_the_start(tmp_path: Path) -> None:
    """Certificates on loopback, files that are none, a short secret, an agency that is not here."""
    world = World(tmp_path)
    world.address = "http://127.0.0.1:9"
    certificate, key = Authority(tmp_path, "ours").issue("desk")
    other = Authority(tmp_path, "theirs").issue("other")[1]
    (tmp_path / "short.secret").write_text("whsec_c2hvcnQ=")
    for url, changes, says in (
        ("http://127.0.0.1/rj", {"certificate": certificate, "key": key}, "for https:// alone"),
        ("https://127.0.0.1/rj", {"certificate": certificate, "key": other}, "certificates cannot be used"),
        ("https://127.0.0.1/rj", {"certificate": tmp_path / "none", "key": key}, "certificates cannot be used"),
        ("http://127.0.0.1/rj", {"secret": tmp_path / "short.secret"}, "too short"),
        ("http://127.0.0.1/rj", {"agencies": ("police-13",)}, "not served by this desk"),
    ):
        with pytest.raises(CannotStart, match=says):
            async with desk_with(world, hook(world, url, **changes)):
                pass


def test_the_settings_of_a_webhook_are_read_from_the_desks_file(tmp_path: Path) -> None:
    """Each key by its own name, and paths from the folder of the file."""
    file = tmp_path / "desk.toml"
    agency = '[[agency]]\nfolder = "a"\nunlock = "a/unlock.key"\n'
    given = 'url = "http://127.0.0.1:9000/rj"\nagencies = ["prison-mdi"]\nsecret = "webhook.secret"\n'
    file.write_text(f"{agency}[[webhook]]\n{given}")
    (read,) = load_desk(file, {}).webhook
    assert (read.agencies, read.secret, read.seconds) == (("prison-mdi",), tmp_path / "webhook.secret", 10)
    file.write_text(f"{agency}[[webhook]]\n{given}colour = 1\nseconds = 0\n")
    with pytest.raises(ConfigRefused, match="colour is not known") as refused:
        load_desk(file, {})
    assert "seconds must be" in str(refused.value)


def test_the_how_tos_receiver_believes_the_desk_and_nobody_else(tmp_path: Path) -> None:
    """The code that integrators copy, held against what is posted."""
    text = (Path(__file__).parents[3] / "docs" / "how-to" / "connect-a-system.md").read_text()
    copied: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], copied)
    secret, body, now = b"s" * 32, b'{"agency":"prison-mdi"}', int(time.time())
    written = "whsec_" + b64encode(secret).decode() + "\n"
    for at, sent, good in ((now, body, True), (now - 600, body, False), (now, body + b" ", False)):
        signed = signature(secret, "prison-mdi.7.1", at, body)
        headers = {"webhook-id": "prison-mdi.7.1", "webhook-timestamp": str(at), "webhook-signature": signed}
        assert copied["is_the_desks"](headers, sent, written) is good
