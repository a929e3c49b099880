"""Settings: read from a file and the environment, or refused with file, key and what is expected."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codec import b64url
from gateway.config import (
    DeskAgency,
    load_desk,
    load_gateway,
    load_witness,
    read_file,
    read_logs,
    read_officers,
    read_vault,
)
from gateway.errors import CannotStart, ConfigRefused
from keys import vault as vaults
from keys.mldsa44 import mldsa44_private
from keys.notes import Cosigner, NoteSigner
from tests.agencies import Officers

REQUIRED = """
[gateway]
origin = "gateway.example/rj"
data = "data"
agreement = "agreement.json"
directory = "directory.json"
officers = "officers.txt"
vault = "keys/vault"
unlock = "/run/unlock.key"
"""
DESK = """
port = 8105
offences = "offences.csv"

[[agency]]
folder = "prison-mdi"
unlock = "prison-mdi/unlock.key"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rj.toml"


def refused(load: object, file: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    file.write_text(text)
    with pytest.raises(ConfigRefused) as caught:
        load(file, environment or {})  # type: ignore[operator]
    return str(caught.value).splitlines()


def test_what_is_left_out_has_its_default(file: Path) -> None:
    """A file with only what is required is enough."""
    file.write_text(REQUIRED)
    settings = load_gateway(file, {})
    assert (settings.gateway.host, settings.gateway.port) == ("127.0.0.1", 8400)
    assert (settings.limits.message_bytes, settings.log.level) == (262_144, "info")


def test_paths_start_at_the_folder_of_the_file(file: Path) -> None:
    """Whatever the working directory is; an absolute path stays as it is."""
    file.write_text(REQUIRED)
    gateway = load_gateway(file, {"RJ_GATEWAY_DATA": "elsewhere"}).gateway
    assert gateway.data == file.parent / "elsewhere"
    assert gateway.vault == file.parent / "keys/vault"
    assert gateway.unlock == Path("/run/unlock.key")


def test_the_environment_stands_above_the_file(file: Path) -> None:
    """A variable is text, and is read as what the key wants."""
    file.write_text(REQUIRED + "port = 1\n[log]\nlevel = 'error'")
    settings = load_gateway(
        file, {"RJ_GATEWAY_PORT": "8500", "RJ_LIMITS_WAITING": "7", "RJ_LOG_LEVEL": "debug", "RJ_DESK": "other"}
    )
    assert (settings.gateway.port, settings.limits.waiting, settings.log.level) == (8500, 7, "debug")


def test_every_fault_is_told_at_once_with_file_key_and_what_is_expected(file: Path) -> None:
    """An operator mends a file in one go."""
    text = REQUIRED.replace('data = "data"', "data = 5") + "port = 'x'\nprot = 1\n[limits]\nwaiting = 0\n[lgo]\n"
    lines = refused(load_gateway, file, text, {"RJ_LOG_FORMAT": "xml"})
    assert lines == [
        f"{file}: lgo is not known here. Known are gateway, limits, log.",
        f"{file}: [gateway] prot is not known here. Known are origin, host, port, metrics, data, store, keystore, "
        "agreement, directory, officers, vault, unlock, guard, policy, strict, succeeds.",
        f"{file}: [gateway] port must be a port number up to 65535; 0 takes any free one.",
        f"{file}: [gateway] data must be the path of a folder.",
        f"{file}: [limits] waiting must be a whole number from 1.",
        "the environment: RJ_LOG_FORMAT must be one of json, console.",
    ]


def test_a_missing_key_is_named_with_what_it_is(file: Path) -> None:
    """An empty file names all that is required."""
    lines = refused(load_gateway, file, "")
    assert (
        f"{file}: [gateway] origin is missing. It is the name of the gateway's log, such as gateway.example/rj."
        in lines
    )
    assert len(lines) == 7


@pytest.mark.parametrize("given", ['"x:y:z"', '"UPPER.example"', '"a.example/rj\\n"', "3"])
def test_an_origin_that_no_log_could_have_is_refused(file: Path, given: str) -> None:
    """The origin is signed into everything, so it is checked first."""
    text = REQUIRED.replace('"gateway.example/rj"', given)
    assert refused(load_gateway, file, text)[0].startswith(f"{file}: [gateway] origin must be the name")


@pytest.mark.parametrize("section", ["gateway = 3", "[[gateway]]\n"])
def test_a_section_that_is_none_is_refused(file: Path, section: str) -> None:
    """A value where a section belongs is told as such."""
    assert f"{file}: [gateway] must be a section." in refused(load_gateway, file, section)


def test_a_file_that_is_not_toml_is_refused(file: Path) -> None:
    """With the place in it where reading stopped."""
    assert "this is not TOML" in refused(load_gateway, file, "port = ")[0]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """As something that keeps the gateway from starting."""
    with pytest.raises(CannotStart, match=r"nowhere\.toml: the settings cannot be read"):
        load_gateway(tmp_path / "nowhere.toml", {})


def test_a_desk_serves_several_agencies(file: Path) -> None:
    """One process, a folder and an unlock key for each."""
    file.write_text(DESK + '[[agency]]\nfolder = "b"\nunlock = "c"\n')
    settings = load_desk(file, {"RJ_DESK_HOST": "127.0.0.2"})
    assert (settings.host, settings.port, settings.offences) == ("127.0.0.2", 8105, file.parent / "offences.csv")
    assert settings.agency[1] == DeskAgency(folder=file.parent / "b", unlock=file.parent / "c")


def test_a_desk_without_an_agency_is_refused(file: Path) -> None:
    """There would be nobody to serve."""
    assert refused(load_desk, file, "port = 1") == [f"{file}: [[agency]] is missing. There is one for each agency."]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.4", "desk.example", "::"])
def test_a_desk_is_for_its_own_machine_alone(file: Path, host: str) -> None:
    """Whoever can reach the local API and has its key acts for the agency: it is not for a network."""
    (line,) = refused(load_desk, file, f'host = "{host}"\n{DESK}')
    assert "host" in line
    assert "loopback" in line
    assert host not in line


def test_a_fault_inside_an_agency_names_its_key(file: Path) -> None:
    """In a list of tables, too."""
    lines = refused(load_desk, file, DESK + "[[agency]]\nfolder = 1\nkey = 2\n")
    assert f"{file}: [[agency]] key is not known here. Known are folder, unlock." in lines
    assert f"{file}: [[agency]] folder must be the path of a folder." in lines
    assert f"{file}: [[agency]] unlock is missing. It is the path of a file." in lines


SIGN_IN = """
[[sign_in]]
id = "hmpps"
name = "HMPPS account"
issuer = "https://login.example/rj"
client_id = "rj-desk"
client_secret = "hmpps.secret"
agencies = ["prison-mdi"]
"""


def test_a_desk_may_let_people_sign_in_by_several_providers(file: Path) -> None:
    """Or by none: then it has its local API alone. Claims have names that most providers can be told to use."""
    file.write_text(DESK + SIGN_IN + SIGN_IN.replace("hmpps", "police") + 'role_claim = "roles"\n')
    hmpps, police = load_desk(file, {}).sign_in
    assert (hmpps.client_secret, hmpps.agencies) == (file.parent / "hmpps.secret", ("prison-mdi",))
    assert (hmpps.role_claim, police.role_claim, hmpps.scope) == ("role", "roles", "openid profile")
    file.write_text(DESK)
    assert load_desk(file, {}).sign_in == ()


@pytest.mark.parametrize("issuer", ["http://login.example", "https://login.example/?a=b", "login.example", "https://"])
def test_a_provider_is_reached_by_https(file: Path, issuer: str) -> None:
    """Or on this machine itself."""
    (line,) = refused(load_desk, file, DESK + SIGN_IN.replace("https://login.example/rj", issuer))
    assert "[[sign_in]] issuer must be the provider's issuer, exactly as it writes it: https" in line
    file.write_text(DESK + SIGN_IN.replace("https://login.example/rj", "http://127.0.0.1:9000"))
    assert load_desk(file, {}).sign_in[0].issuer == "http://127.0.0.1:9000"


def test_a_provider_vouches_for_somebody(file: Path) -> None:
    """One that may vouch for no agency is a slip; so are two of the same id, and a value where tables belong."""
    (line,) = refused(load_desk, file, DESK + SIGN_IN.replace('["prison-mdi"]', "[]"))
    assert "[[sign_in]] agencies must be a list" in line
    (line,) = refused(load_desk, file, DESK + SIGN_IN + SIGN_IN)
    assert line == f"{file}: [[sign_in]] id is the same twice. Give each its own."
    (line,) = refused(load_desk, file, f"sign_in = 1\n{DESK}")
    assert line == f"{file}: sign_in must be tables, each under [[sign_in]]."


def test_a_vault_opens_with_its_unlock_file(tmp_path: Path) -> None:
    """The unlock file holds the 32 bytes as one line of base64url."""
    vault, unlock = tmp_path / "vault", tmp_path / "unlock.key"
    vaults.write(vault, vaults.generate_vault(), bytes(32))
    unlock.write_text(b64url(bytes(32)) + "\n")
    read_vault(vault, unlock)
    for wrong, told in (
        (b64url(bytes(31)), "unlock.key: this is not an unlock key"),
        ("not+base64url", "unlock.key: this is not an unlock key"),
        (b64url(bytes(31) + b"\1"), "vault: The vault does not open"),
    ):
        unlock.write_text(wrong)
        with pytest.raises(ConfigRefused, match=told):
            read_vault(vault, unlock)


def test_officers_are_a_key_on_each_line(tmp_path: Path) -> None:
    """Empty lines do not count; anything else is refused, with the file's name."""
    noms, acpo = Officers.make().verifiers
    file = tmp_path / "officers.txt"
    file.write_text(f"{noms.encode()}\n\n  {acpo.encode()}\n")
    assert read_officers(file) == (noms, acpo)
    file.write_bytes(b"\xff\n")
    with pytest.raises(ConfigRefused, match=r"officers\.txt: a line is not an officer's verifier key"):
        read_officers(file)


def test_a_witness_is_told_its_name_and_its_logs(file: Path) -> None:
    """Every fault at once, as for a gateway; the environment stands above the file."""
    lines = refused(load_witness, file, '[witness]\nname = "No Name"\nlog = "x"\n')
    assert f"{file}: [witness] log is not known here. Known are name, host, port, data, vault, unlock, logs." in lines
    assert f"{file}: [witness] name must be the witness's name for keys, such as police.example/witness." in lines
    assert len(lines) == 6
    file.write_text('[witness]\nname = "a.example/w"\ndata = "d"\nvault = "v"\nunlock = "u"\nlogs = "l"\n')
    own = load_witness(file, {"RJ_WITNESS_PORT": "8700"}).witness
    assert (own.port, own.host, own.logs) == (8700, "127.0.0.1", file.parent / "l")


def test_a_gateway_may_be_strict(file: Path) -> None:
    """By the file or the environment; it is not, where nobody says so."""
    file.write_text(REQUIRED)
    assert load_gateway(file, {}).gateway.strict is False
    assert load_gateway(file, {"RJ_GATEWAY_STRICT": "true"}).gateway.strict is True
    text = REQUIRED + "strict = 1\n"
    assert refused(load_gateway, file, text) == [f"{file}: [gateway] strict must be true or false."]


def test_the_logs_of_a_witness_are_a_key_on_each_line(tmp_path: Path) -> None:
    """Nothing, a witness's key, or any other text is refused, with the file's name. A log may sign by ML-DSA-44."""
    log = NoteSigner(name="log.example/rj", key=Ed25519PrivateKey.generate())
    other = Cosigner(name="log.example/new", key=mldsa44_private(bytes(32)))
    file = tmp_path / "logs.vkeys"
    file.write_text(f"\n{log.vkey.encode()}\n{other.vkey.encode()}\n")
    assert read_logs(file) == (log.vkey, other.vkey)
    for text, told in (
        ("\n", "no key in it"),
        (Cosigner(name="w.example", key=log.key).vkey.encode(), "key of a witness"),
        ("x", "not a log's verifier key"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigRefused, match=told):
            read_logs(file)


def test_a_file_that_a_setting_names_and_is_not_there_is_told(tmp_path: Path) -> None:
    """With its path and what it should have been."""
    with pytest.raises(ConfigRefused, match=r"gone: the directory cannot be read"):
        read_file(tmp_path / "gone", "the directory")
