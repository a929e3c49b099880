"""Settings of a gateway, a desk and a witness: a TOML file, and the environment above it (`RJ_GATEWAY_PORT=8500`).

An environment variable is `RJ_`, the section, `_` and the key, in capitals. A path that is not absolute starts at the
folder of the file, wherever it is written. Every fault is told at once, with file, key and what is expected.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo

from contracts import checkpoint
from contracts.codec import Malformed, unb64url
from contracts.text import AgencyId, Origin
from contracts.tlog_policy import Policy
from gateway.errors import ConfigRefused
from keys import vault as vaults
from keys.ed25519 import BadKey
from keys.errors import VaultLocked
from keys.notes import Kind, VerifierKey
from keys.vault import KEY_SIZE, Vault

Host = Annotated[str, Meta(min_length=1, max_length=255, description="a host name or address, such as 127.0.0.1")]
Loopback = Annotated[
    str,
    Meta(
        pattern=r"^(localhost|127(\.[0-9]{1,3}){3}|::1)$(?!\n)",
        description="a loopback address such as 127.0.0.1: a desk's local API is for its own machine alone",
    ),
]
Port = Annotated[int, Meta(ge=0, le=65_535, description="a port number up to 65535; 0 takes any free one")]
PagesUrl = Annotated[
    str,
    Meta(
        pattern=r"^(https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?)$(?!\n)",
        description="an address such as https://desk.example, without a path; http only on a loopback address",
    ),
]
Database = Annotated[
    str,
    Meta(
        pattern=r"^postgres(ql)?://[!-~]+$(?!\n)",
        max_length=1000,
        description="the address of a PostgreSQL database, such as postgresql://gateway@db.internal/gateway",
    ),
]
Count = Annotated[int, Meta(ge=1, le=10_000_000, description="a whole number from 1")]
Seconds = Annotated[int, Meta(ge=1, le=3_600, description="whole seconds, from 1 to 3600")]
File = Annotated[Path, Meta(description="the path of a file")]
Folder = Annotated[Path, Meta(description="the path of a folder")]
Switch = Annotated[bool, Meta(description="true or false")]
Claim = Annotated[str, Meta(min_length=1, max_length=100, description="the name of a claim in the ID token")]

Table = dict[str, Any]


class LogSettings(Struct, frozen=True, kw_only=True):
    """`[log]`: what is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class Limits(Struct, frozen=True, kw_only=True):
    """`[limits]`: what one gateway takes at once. `waiting` counts messages that are not yet recorded, `bodies` those
    that come in pieces, `unread` answers whose readers are slow, and `polls` those who read one agency's inbox.
    """

    message_bytes: Count = 262_144
    waiting: Count = 2_000
    connections: Count = 3_000
    bodies: Count = 200
    unread: Count = 200
    polls: Count = 20
    header_seconds: Seconds = 10
    body_seconds: Seconds = 30
    answer_seconds: Seconds = 60
    keepalive_seconds: Seconds = 30


class GatewaySection(Struct, frozen=True, kw_only=True):
    """`[gateway]`. `store` is the PostgreSQL database that all nodes share, and `keystore` the folder of keys that they
    share with it; without a `store` the database is SQLite, in `data`. The password belongs in the environment
    (`PGPASSWORD`) or in `~/.pgpass`. The vault holds the key of the log. `officers` is a file of verifier keys: all of
    them must sign.

    `metrics` is the port on which 127.0.0.1 serves Prometheus; without it nothing does. `guard` is the folder that
    remembers what the log has signed: keep it out of the backups of `data`; the guards of several nodes lie beside each
    other, in a folder that all nodes read. `policy`
    says which witnesses cosign the log (C2SP tlog-policy); `strict` has every hand-over wait for them. `succeeds` is
    the signed statement of a log that takes the place of another.
    """

    origin: Annotated[Origin, Meta(description="the name of the gateway's log, such as gateway.example/rj")]
    host: Host = "127.0.0.1"
    port: Port = 8400
    metrics: Port | None = None
    data: Folder
    store: Database | None = None
    keystore: Folder | None = None
    agreement: File
    directory: File
    officers: File
    vault: File
    unlock: File
    guard: Folder | None = None
    policy: File | None = None
    strict: Switch = False
    succeeds: File | None = None

    @property
    def database(self) -> Path:
        """The SQLite database, where there is no `store`."""
        return self.data / "gateway.db"

    @property
    def keystore_folder(self) -> Path:
        """Where the key store lies: in `data`, unless another place is named."""
        return self.keystore or self.data / "keystore"

    @property
    def guard_folder(self) -> Path:
        """Where the guard lies: `data.guard` beside `data`, unless another place is named."""
        return self.guard or self.data.with_name(f"{self.data.name}.guard")


class GatewaySettings(Struct, frozen=True, kw_only=True):
    """All that a gateway is told."""

    gateway: GatewaySection
    limits: Limits = Limits()
    log: LogSettings = LogSettings()


class DeskAgency(Struct, frozen=True, kw_only=True):
    """`[[agency]]`: an agency's folder (vault, trust.json) and the file that opens its vault."""

    folder: Folder
    unlock: File


class SignIn(Struct, frozen=True, kw_only=True):
    """`[[sign_in]]`: an OpenID Connect provider, and the agencies whose staff it may vouch for.

    `id` stands in the address that the provider sends people back to, and `name` on the button. Without
    `client_secret` the desk is a public client. The claims are those of the ID token.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,29}$(?!\n)", description="a short name such as police-sso")]
    name: Annotated[str, Meta(min_length=1, max_length=60, description="what the button says, up to 60 characters")]
    issuer: Annotated[
        str,
        Meta(
            pattern=r"^(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?"
            r"(/[A-Za-z0-9._~/-]*)?$(?!\n)",
            max_length=200,
            description="the provider's issuer, exactly as it writes it: https, or http on this machine",
        ),
    ]
    client_id: Annotated[
        str,
        Meta(pattern=r"^[!-~]+$(?!\n)", max_length=200, description="the name by which the provider knows the desk"),
    ]
    client_secret: File | None = None
    scope: Annotated[
        str,
        Meta(
            pattern=r"^openid( [!#-\[\]-~]+)*$(?!\n)",
            max_length=200,
            description="openid and what else to ask for, with single spaces",
        ),
    ] = "openid profile"
    agencies: Annotated[tuple[AgencyId, ...], Meta(min_length=1, description='a list such as ["police-wmp"]')]
    staff_id_claim: Claim = "sub"
    name_claim: Claim = "name"
    agency_claim: Claim = "agency"
    role_claim: Claim = "role"
    training_claim: Claim = "training"
    trained_until_claim: Claim = "trained_until"


class PagesSection(Struct, frozen=True, kw_only=True):
    """`[pages]`: the pages for the agencies' staff. `url` is how browsers reach them, through a proxy that ends TLS.

    Without `url` they are for this machine alone. `demo_staff` is a file of fictional people, for `rj demo` alone.
    `details_seconds` is how long shared details stay in view.
    """

    host: Host = "127.0.0.1"
    port: Port = 8201
    url: PagesUrl | None = None
    idle_minutes: Annotated[int, Meta(ge=5, le=60, description="whole minutes, from 5 to 60")] = 20
    details_seconds: Annotated[int, Meta(ge=5, le=300, description="seconds, from 5 to 300")] = 300
    demo_staff: File | None = None


class WebhookSettings(Struct, frozen=True, kw_only=True):
    """`[[webhook]]`: where the events of these agencies are posted. Plain HTTP on loopback, or HTTPS with both ends'
    certificates: `certificate` and `key` are the desk's own, `ca` whose word is taken for the receiver's.

    `secret` is a file, made at the first start: with it the receiver checks that a post is the desk's. `seconds` is how
    long one post may take.
    """

    url: Annotated[str, Meta(min_length=1, max_length=500, description="an address, such as http://127.0.0.1:9000/rj")]
    agencies: Annotated[
        tuple[str, ...], Meta(min_length=1, max_length=100, description="a list of agencies, such as ['prison-mdi']")
    ]
    secret: File
    certificate: File | None = None
    key: File | None = None
    ca: File | None = None
    seconds: Annotated[int, Meta(ge=1, le=60, description="whole seconds, from 1 to 60")] = 10


class DeskSettings(Struct, frozen=True, kw_only=True):
    """All that a desk process is told. `offences` is a table of offence groups in place of the built-in one.

    `documents_seconds` is how old directory and agreement may be when something is sealed; 30 where it is left out.
    """

    host: Loopback = "127.0.0.1"
    port: Port = 8101
    documents_seconds: Annotated[int, Meta(ge=1, le=30, description="whole seconds, from 1 to 30")] | None = None
    offences: File | None = None
    agency: tuple[DeskAgency, ...]
    pages: PagesSection | None = None
    sign_in: tuple[SignIn, ...] = ()
    webhook: tuple[WebhookSettings, ...] = ()
    log: LogSettings = LogSettings()


class WitnessSection(Struct, frozen=True, kw_only=True):
    """`[witness]`. `name` is the name of its key, and `logs` a file of the logs' verifier keys, a line each."""

    name: Annotated[Origin, Meta(description="the witness's name for keys, such as police.example/witness")]
    host: Host = "127.0.0.1"
    port: Port = 8600
    data: Folder
    vault: File
    unlock: File
    logs: File


class WitnessSettings(Struct, frozen=True, kw_only=True):
    """All that a witness is told."""

    witness: WitnessSection
    log: LogSettings = LogSettings()


def load_gateway(file: Path, environment: Mapping[str, str]) -> GatewaySettings:
    """The settings of a gateway. Raises ConfigRefused."""
    reading = _Reading(file, environment)
    top = reading.tables("gateway", "limits", "log")
    gateway = reading.section(_fields(GatewaySection), top, "gateway")
    limits = reading.section(_fields(Limits), top, "limits")
    log = reading.section(_fields(LogSettings), top, "log")
    reading.finish()
    return GatewaySettings(gateway=GatewaySection(**gateway), limits=Limits(**limits), log=LogSettings(**log))


def load_desk(file: Path, environment: Mapping[str, str]) -> DeskSettings:
    """The settings of a desk process; its own keys have no section, and are `RJ_DESK_…`. Raises ConfigRefused."""
    reading = _Reading(file, environment)
    own = _fields(DeskSettings, but=("agency", "pages", "sign_in", "webhook", "log"))
    top = reading.tables(*(field.name for field in own), "agency", "pages", "sign_in", "webhook", "log")
    values = reading.values(own, top, "", "RJ_DESK_")
    agencies = reading.each(_fields(DeskAgency), top, "agency")
    pages = reading.section(_fields(PagesSection), top, "pages")
    providers = reading.any(_fields(SignIn), top, "sign_in")
    reading.once(providers, "[[sign_in]] id")
    webhooks = reading.any(_fields(WebhookSettings), top, "webhook")
    log = reading.section(_fields(LogSettings), top, "log")
    reading.finish()
    return DeskSettings(
        **values,
        agency=tuple(DeskAgency(**each) for each in agencies),
        pages=PagesSection(**pages) if "pages" in top else None,
        sign_in=tuple(SignIn(**each) for each in providers),
        webhook=tuple(WebhookSettings(**each) for each in webhooks),
        log=LogSettings(**log),
    )


def load_witness(file: Path, environment: Mapping[str, str]) -> WitnessSettings:
    """The settings of a witness. Raises ConfigRefused."""
    reading = _Reading(file, environment)
    top = reading.tables("witness", "log")
    witness = reading.section(_fields(WitnessSection), top, "witness")
    log = reading.section(_fields(LogSettings), top, "log")
    reading.finish()
    return WitnessSettings(witness=WitnessSection(**witness), log=LogSettings(**log))


class _Reading:
    """Reads key by key, so that each fault is named and none hides another."""

    def __init__(self, file: Path, environment: Mapping[str, str]) -> None:
        self.file, self.environment, self.faults = file, environment, list[str]()

    def tables(self, *known: str) -> Table:
        """The file as TOML. Raises ConfigRefused where it is none, as then there is nothing more to say."""
        try:
            top = tomllib.loads(self.file.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigRefused(f"{self.file}: the settings cannot be read. Name a TOML file that is there.") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigRefused(f"{self.file}: this is not TOML. {error}.") from error
        self._only(known, top, "")
        return top

    def section(self, fields: Sequence[FieldInfo], top: Table, name: str) -> Table:
        """The values of `[name]`, which may be left out where nothing in it is required."""
        table = self._table(top.get(name, {}), f"[{name}]")
        self._only([field.name for field in fields], table, f"[{name}] ")
        return self.values(fields, table, f"[{name}] ", f"RJ_{name.upper()}_")

    def each(self, fields: Sequence[FieldInfo], top: Table, name: str) -> list[Table]:
        """The values of each `[[name]]`, of which there must be one."""
        if top.get(name, []) == []:
            self._fault(f"{self.file}: [[{name}]] is missing. There is one for each {name}")
        return self.any(fields, top, name)

    def any(self, fields: Sequence[FieldInfo], top: Table, name: str) -> list[Table]:
        """The values of each `[[name]]`, if there are any. The environment has no say in them."""
        found, place = top.get(name, []), f"[[{name}]]"
        if not isinstance(found, list):
            self._fault(f"{self.file}: {name} must be tables, each under {place}")
            return []
        tables = [self._table(each, place) for each in found]
        for table in tables:
            self._only([field.name for field in fields], table, f"{place} ")
        return [self.values(fields, table, f"{place} ", None) for table in tables]

    def once(self, tables: Sequence[Table], key: str) -> None:
        """Each table has an `id` of its own."""
        given = [table["id"] for table in tables if "id" in table]
        if len(set(given)) < len(given):
            self._fault(f"{self.file}: {key} is the same twice. Give each its own")

    def values(self, fields: Sequence[FieldInfo], table: Table, section: str, prefix: str | None) -> Table:
        """The value of each field that is given, from the environment or the table."""
        found = {field.name: self._value(field, table, section, prefix) for field in fields}
        return {name: value for name, value in found.items() if value is not NODEFAULT}

    def finish(self) -> None:
        """Raises ConfigRefused with all faults, a line each."""
        if self.faults:
            raise ConfigRefused("\n".join(self.faults))

    def _value(self, field: FieldInfo, table: Table, section: str, prefix: str | None) -> Any:
        variable = prefix and prefix + field.name.upper()
        override = self.environment.get(variable) if variable else None
        where = f"{self.file}: {section}{field.name}" if override is None else f"the environment: {variable}"
        given = table.get(field.name) if override is None else override
        if given is None and field.required:
            self._fault(f"{where} is missing. It is {_expected(field)}")
        if given is None:
            return field.default
        try:
            return msgspec.convert(given, field.type, strict=override is None, dec_hook=self._path)
        except msgspec.ValidationError:
            return self._fault(f"{where} must be {_expected(field)}")

    def _path(self, _: type, given: object) -> Path:
        if not isinstance(given, str) or not given:
            raise ValueError("A path is needed.")
        return self.file.parent / given

    def _table(self, given: object, section: str) -> Table:
        if isinstance(given, dict):
            return given
        self._fault(f"{self.file}: {section} must be a section")
        return {}

    def _only(self, known: Sequence[str], table: Table, section: str) -> None:
        for key in sorted(table.keys() - set(known)):
            self._fault(f"{self.file}: {section}{key} is not known here. Known are {', '.join(known)}")

    def _fault(self, text: str) -> Any:
        self.faults.append(f"{text}.")
        return NODEFAULT


def _fields(kind: type[Struct], but: Sequence[str] = ()) -> list[FieldInfo]:
    return [field for field in msgspec.structs.fields(kind) if field.name not in but]


def _expected(field: FieldInfo) -> str:
    words = [meta.description for meta in _metas(field.type) if meta.description]
    return words[-1] if words else "one of " + ", ".join(get_args(field.type))


def _metas(kind: Any) -> Iterator[Meta]:
    for each in get_args(kind):
        if isinstance(each, Meta):
            yield each
        else:
            yield from _metas(each)


# The files that settings name


def read_file(path: Path, what: str) -> bytes:
    """The bytes of a file. Raises ConfigRefused, which says what the file should be."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigRefused(f"{path}: {what} cannot be read. Check that the file is there and may be read.") from error


def read_unlock(path: Path) -> bytes:
    """The key that opens a vault: 32 bytes, in a file as one line of base64url. Raises ConfigRefused."""
    try:
        key = unb64url(read_file(path, "the vault's unlock key").strip())
    except Malformed:
        key = b""
    if len(key) != KEY_SIZE:
        raise ConfigRefused(f"{path}: this is not an unlock key. It is one line of 43 characters, as `rj keys` writes.")
    return key


def read_vault(path: Path, unlock: Path) -> Vault:
    """The vault, opened with the key in the `unlock` file. Raises ConfigRefused."""
    try:
        return vaults.unlock(read_file(path, "the vault"), read_unlock(unlock))
    except VaultLocked as error:
        raise ConfigRefused(f"{path}: {error}") from error


def read_officers(path: Path) -> tuple[VerifierKey, ...]:
    """The pinned keys of both parties' officers: one on each line that is not empty. Raises ConfigRefused."""
    return _verifier_keys(path, "the officers' keys", "an officer's verifier key")


def read_logs(path: Path) -> tuple[VerifierKey, ...]:
    """The keys of the logs that a witness knows: one on each line that is not empty. Raises ConfigRefused."""
    keys = _verifier_keys(path, "the logs' keys", "a log's verifier key")
    if not keys:
        raise ConfigRefused(f"{path}: there is no key in it. Write each log's verifier key on a line of its own.")
    if any(key.kind is Kind.COSIGNATURE for key in keys):  # a log may sign by ML-DSA-44: tlog-checkpoint, Signatures
        raise ConfigRefused(f"{path}: a line is the key of a witness. Write the verifier keys of logs.")
    return keys


def read_policy(path: Path) -> Policy:
    """A C2SP witness policy in which every key can be used. Raises ConfigRefused."""
    try:
        policy = Policy.parse(read_file(path, "the policy").decode("utf-8", "replace"))
        for vkey in (*(log.vkey for log in policy.logs), *(witness.vkey for witness in policy.witnesses)):
            VerifierKey.parse(vkey)
    except (checkpoint.Malformed, BadKey) as error:
        raise ConfigRefused(f"{path}: this policy cannot be used. {error}") from error
    return policy


def _verifier_keys(path: Path, what: str, each: str) -> tuple[VerifierKey, ...]:
    lines = read_file(path, what).decode("utf-8", "replace").splitlines()
    try:
        return tuple(VerifierKey.parse(line.strip()) for line in lines if line.strip())
    except BadKey as error:
        raise ConfigRefused(f"{path}: a line is not {each}. {error}") from error
