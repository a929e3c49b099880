"""`POST /v1/messages` against the floor, on the same bodies, in turn: the ratio says how close to the limit we are.

    python -m tests.bench.accept [--rounds 7] [--messages 3000] [--floor FILE]

One server process on one core, the load on another. Writes `build/bench.json`; prints the table. Where the design's
own floor lies beside the project it is measured too (it reads a simpler manifest, so it gets bodies of that form).
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from rich.console import Console
from rich.progress import track
from rich.table import Table

from contracts.codec import b64url, encode
from contracts.envelope import Claims, SealedRef
from keys import tokens
from tests.agencies import TestAgency
from tests.bench.load import Measured, post_all
from tests.journey.simulated import ORIGIN, Side, World, claims_of, uuid7
from tests.measuring import processor

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 32
REQUESTER = "prison-mdi"


def bodies(world: World, count: int) -> list[bytes]:
    """Distinct, unexpired, ready-signed contact-requests. Each sealed value is of the right size and digest."""
    side = Side(world, None)  # type: ignore[arg-type]
    sample = claims_of(side.request())
    sender, now = world.agencies[REQUESTER], int(time.time())
    made = []
    for _ in range(count):
        value = secrets.token_bytes(1120 + 2048 + 16)
        refs = {"subject": SealedRef(kid=sample.sealed["subject"].kid, sha256=_digest(value))}
        claims = _renewed(sample, sealed=refs, jti=uuid7(), exchange=uuid7(), iat=now, exp=now + 300)
        token = tokens.sign(encode(claims), "rj.contact-request.v1+jwt", sender.signing_kid, sender.signing)
        made.append(encode({"token": token, "sealed": {"subject": b64url(value)}}))
    return made


def plain_bodies(sender: TestAgency, made: list[bytes]) -> list[bytes]:
    """The same messages with the manifest as the design's floor reads it: field → digest."""
    plain = []
    for body in made:
        envelope = json.loads(body)
        claims = json.loads(tokens.parse(envelope["token"]).claims)
        claims["sealed"] = {name: ref["sha256"] for name, ref in claims["sealed"].items()}
        token = tokens.sign(encode(claims), "rj.contact-request.v1+jwt", sender.signing_kid, sender.signing)
        plain.append(encode({"token": token, "sealed": envelope["sealed"]}))
    return plain


def _renewed(claims: Claims[Any], **changes: Any) -> Claims[Any]:
    import msgspec

    return msgspec.structs.replace(claims, **changes)


def _digest(value: bytes) -> str:
    from keys.sealing import digest

    return digest(value)


@contextlib.contextmanager
def server(arguments: list[str], port: int, health: str, *, pinned: bool = True) -> Iterator[int]:
    """A server process, on the first core if `pinned`, ready when its port answers."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        if pinned and hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(process.pid, {0})
        _wait(port, health)
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, health: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            if health:
                urlopen(f"http://127.0.0.1:{port}{health}", timeout=1).close()
            else:
                socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise TimeoutError("The server did not start.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure(process: int, port: int, path: str, made: list[bytes]) -> Measured:
    before = processor(process)
    measured = asyncio.run(post_all(port, path, made, CONNECTIONS))
    measured.cpu_seconds = processor(process) - before
    if set(measured.statuses) != {201}:
        raise RuntimeError(f"Not every message was accepted: {measured.statuses}")
    return measured


def run(rounds: int, messages: int, floor_file: Path, *, plain: bool) -> dict[str, Any]:
    """Floor and gateway in turn; the figures of each round and the median of the pairwise ratios."""
    with TemporaryDirectory(dir=_build()) as name:
        folder = Path(name)
        world = World(folder / "gateway")
        sender = world.agencies[REQUESTER]
        floor_port, gateway_port = free_port(), free_port()
        config = _config(world, gateway_port)
        floor = [str(floor_file), "--port", str(floor_port), "--db", str(folder / "floor.db"), "--key",
                 sender.signing_public.hex()]  # fmt: skip
        gateway = ["-m", "tests.bench.serve", str(config)]
        with server(floor, floor_port, "") as below, server(gateway, gateway_port, "/health/ready") as ours:
            if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
                os.sched_setaffinity(0, {1})
            pairs = []
            for turn in track(range(rounds + 1), "floor and gateway in turn", console=Console(stderr=True)):
                made = bodies(world, messages)
                first = plain_bodies(sender, made) if plain else made
                pair = (
                    measure(below, floor_port, "/", first),
                    measure(ours, gateway_port, "/v1/messages", made),
                )
                if turn:  # the first round warms up
                    pairs.append(pair)
    return _summary(pairs, messages)


def _summary(pairs: list[tuple[Measured, Measured]], messages: int) -> dict[str, Any]:
    ratios = [gateway.rate / floor.rate for floor, gateway in pairs]
    median = statistics.median
    return {
        "median_ratio": round(median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "floor_per_second": round(median([floor.rate for floor, _ in pairs])),
        "gateway_per_second": round(median([gateway.rate for _, gateway in pairs])),
        "floor_cpu_us": round(median([floor.cpu_seconds / messages for floor, _ in pairs]) * 1e6),
        "gateway_cpu_us": round(median([gateway.cpu_seconds / messages for _, gateway in pairs]) * 1e6),
        "p50_ratio": round(median([g.quantile(0.5) / f.quantile(0.5) for f, g in pairs]), 2),
        "p99_ratio": round(median([g.quantile(0.99) / f.quantile(0.99) for f, g in pairs]), 2),
        "messages_a_round": messages,
        "connections": CONNECTIONS,
    }


def _config(world: World, port: int) -> Path:
    folder = world.folder
    path = folder / "gateway.toml"
    path.write_text(
        f'[gateway]\norigin = "{ORIGIN}"\nport = {port}\ndata = "data"\nagreement = "agreement.json"\n'
        'directory = "directory.json"\nofficers = "officers.vkeys"\nvault = "log.vault"\nunlock = "log.unlock"\n'
    )
    return path


def _build() -> Path:
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    return build


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--floor", type=Path, default=ROOT.parent / "shared" / "bench" / "floor.py")
    args = parser.parse_args()
    results: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "own_floor": run(args.rounds, args.messages, ROOT / "tests" / "bench" / "floor.py", plain=False),
    }
    results["accept_vs_floor"] = results["own_floor"]
    if args.floor.exists():
        results["accept_vs_floor"] = run(args.rounds, args.messages, args.floor, plain=True)
    (_build() / "bench.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", "own floor", "the design's floor", title="POST /v1/messages against the floor")
    for name, value in results["own_floor"].items():
        table.add_row(name, str(value), str(results["accept_vs_floor"][name]))
    Console().print(table)


if __name__ == "__main__":
    main()
