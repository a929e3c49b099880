"""Settings of a gateway of which only the store is looked at."""

from pathlib import Path

from gateway.config import GatewaySection


def section_in(data: Path, store: str | None = None) -> GatewaySection:
    """A gateway whose data lie in this folder; the files that it names are not there."""
    file = data / "none"
    return GatewaySection(
        origin="gateway.test/rj", data=data, store=store, agreement=file, directory=file, officers=file, vault=file,
        unlock=file,
    )  # fmt: skip
