"""A whole log by aics-tlog: `aics.py DIR|URL VKEY [WITNESS]...`; every witness named must have cosigned."""

import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import aics_tlog  # type: ignore[import-not-found]  # installed by `make independent`, beside the project


def main(where: str, vkey: str, *witnesses: str) -> None:
    reader: Any
    if "://" in where:
        reader, note = aics_tlog.HttpTileReader(where), urlopen(f"{where}/checkpoint").read()
    else:
        reader, note = aics_tlog.FileSystemTileReader(where), (Path(where) / "checkpoint").read_bytes()
    keys = [aics_tlog.parse_vkey(each) for each in witnesses]
    log = aics_tlog.parse_vkey(vkey)
    head = aics_tlog.verify_checkpoint(
        aics_tlog.parse_note(note), log, keys, quorum=len(keys), expected_origin=log.name
    )
    if not head.ok:
        raise SystemExit(f"does not hold: {head.error}")
    report = aics_tlog.audit_tiles(reader, head.size, head.root)
    print(f"ok {report.size}")


if __name__ == "__main__":
    main(*sys.argv[1:])
