"""After the cases, the gateway's folder names no victim and no offender, in any encoding anyone can think of."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo.haystack import found

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("RJ_SHARED", ROOT.parent / "shared")) / "reference" / "cases.jsonl"

PEOPLE = {
    "preferred_name": "Llŷr D’Souza-Nguyễn",
    "contact_channel": "07700 900461",
    "safe_times": "never before the school run",
    "access_needs": "lip-reads, sit opposite her",
    "meeting_place": "the quiet room at Brynmill library",
    "safety_notes": "his brother lives two doors away",
    "representative_name": "Siobhán Ó Briain",
    "representative_channel": "07700 900992",
    "exclusion": "Wakefield district",
    "extra": {"home_address": "17 Larkspur Terrace"},
}
FIELDS = ["preferred_name", "contact_channel", "safe_times", "access_needs"]


def case(number: int, **changes: object) -> dict[str, object]:
    """A case with people of its own."""
    made: dict[str, object] = {
        "case": f"b{number}",
        "prison": "MDI",
        "force": "13",
        "prison_number": f"A{4400 + number}BX",
        "pnc_id": "79/163001B",
        "offender_name": "Zbigniew Okonkwo-Ffoulkes",
        "offence_code": "TH68001",
        "offence_date": "2021-07-20",
        "crime_reference": f"1357902468{number}",
        "purpose": "conference",
        "flags": [],
        "fields": FIELDS,
        "grounds": ["responsibility-accepted", "risk-assessment"],
        "requester": {"staff_id": "quartermaine77", "role": "rj-coordinator", "training": "foundation"},
        "victim": {"decision": "yes", **PEOPLE},
    }
    return made | changes


def secrets_of(cases: list[dict[str, object]]) -> set[str]:
    """Every name, number, identifier and phrase of the cases."""
    known: set[str] = set()
    for each in cases:
        known |= {str(each[name]) for name in ("offender_name", "prison_number", "pnc_id", "crime_reference")}
        victim = each["victim"]
        assert isinstance(victim, dict)
        values = [*victim.items(), *victim.get("extra", {}).items()]
        known |= {
            str(value) for name, value in values if name not in ("decision", "extra", "access_needs", "exclusion")
        }
    # Words of the agreement itself, and what is too short to mean anything.
    return {text.strip() for text in known if len(text.strip()) >= 6}


def run_cases(folder: Path, file: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "gateway.cli",
        "demo",
        "--json",
        "--cases",
        str(file),
        "--report",
        str(folder / "report.jsonl"),
    ]
    return subprocess.run(
        [*command, "--dir", str(folder / "D")], capture_output=True, text=True, timeout=170, check=False
    )


def test_the_gateways_folder_names_nobody(tmp_path: Path) -> None:
    """Shared, refused, recalled and dropped details have been through; the folder holds none of them in any form."""
    cases = [
        case(1),
        case(2, victim={"decision": "no", **PEOPLE}),
        case(3, recall=True),
        case(4, requester={"staff_id": "quartermaine78", "role": "residential-officer", "training": "foundation"}),
        case(5, offence_code="SX03034", review={"decision": "decline", "staff_id": "s001", "training": "advanced"}),
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in cases))
    done = run_cases(tmp_path, file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"held": True, "counted": 5, "failed": []}
    states = {
        line["case"]: line["state"] for line in map(json.loads, (tmp_path / "report.jsonl").read_text().splitlines())
    }
    assert states == {
        "b1": "released",
        "b2": "cannot-proceed",
        "b3": "recalled",
        "b4": "refused",
        "b5": "cannot-proceed",
    }
    needles = secrets_of(cases) | {"quartermaine77", "quartermaine78", "1979/0163001B"}
    assert (tmp_path / "D" / "gateway" / "data" / "gateway.db").stat().st_size > 0
    assert found(tmp_path / "D" / "gateway", needles) == []
    data = b"".join(path.read_bytes() for path in (tmp_path / "D" / "gateway" / "data").rglob("*") if path.is_file())
    told = [
        word
        for word in ("prison-mdi", "police-13", "R19", "contact_channel", "cannot-proceed")
        if word.encode() in data
    ]
    assert told == [], "the database tells in clear who asked whom, or with what end"


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    """The control: the same search finds a name that was put there, in each of the ways it could have come."""
    (tmp_path / "plain").write_text("x Siobhán Ó Briain y")
    assert found(tmp_path, ["Siobhán Ó Briain", "Zbigniew"]) == [("plain", "Siobhán Ó Briain")]
    import base64
    import hashlib

    ways = {
        "utf16": "Siobhán Ó Briain".encode("utf-16-le"),
        "base64": base64.b64encode(b'{"n": "' + "Siobhán Ó Briain".encode() + b'"}'),
        "hash": hashlib.sha256("Siobhán Ó Briain".encode()).digest(),
        "json": json.dumps({"n": "Siobhán Ó Briain"}).encode(),
    }
    for name, raw in ways.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").write_bytes(b"##" + raw + b"##")
        assert found(folder, ["Siobhán Ó Briain"]), name


@pytest.mark.skipif(not SHARED.exists(), reason="the reference cases do not lie beside the project")
def test_all_reference_cases_come_out_and_leave_nothing(tmp_path: Path) -> None:
    """Extra, where the reference data lies beside the project: every case as expected, and nobody named afterwards."""
    done = run_cases(tmp_path, SHARED)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    cases = [json.loads(line) for line in SHARED.read_text().splitlines()]
    # Whole names and numbers; a few people of the cases are called by a single short word.
    needles = {text for text in secrets_of(cases) if len(text) >= 8}
    sample = random.Random(1).sample(sorted(needles), 40)  # a search for every one takes minutes
    assert found(tmp_path / "D" / "gateway", sample) == []
