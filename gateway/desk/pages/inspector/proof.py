"""What the badge of a line means, and how anybody checks that line without this desk and without believing anyone."""

from typing import Final

from aiohttp import web

from gateway.desk.errors import NotThere
from gateway.desk.pages.inspector.handing_out import attached
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.visit import Page, Visit, get
from keys.receipts import ReceiptRefused, check

HERE: Final = "/inspector/proof"
LINE: Final = "{leaf:[0-9]{1,15}}"
NO_SUCH_LINE: Final = (
    "The published log has no line of this number yet. Check the number; a new line is published within seconds."
)


async def proof(visit: Visit) -> web.StreamResponse:
    """The line, whether its proof holds now, and the commands that show it elsewhere."""
    leaf = int(visit.request.match_info["leaf"])
    text = await visit.agency.proof(leaf)
    return visit.render(
        "inspector/proof.html",
        leaf=leaf,
        url=visit.agency.pins.gateway_url.rstrip("/"),
        origin=visit.agency.pins.gateway,
        holds=text is not None and _holds(visit, leaf, text),
        published=text is not None,
        back="/inspector",
    )


async def download(visit: Visit) -> web.StreamResponse:
    """The proof as a file, for `rj verify receipt` and for other people's programs."""
    leaf = int(visit.request.match_info["leaf"])
    text = await visit.agency.proof(leaf)
    if text is None:
        raise NotThere(NO_SUCH_LINE)
    return attached(f"line-{leaf}.tlog-proof", "text/plain; charset=utf-8", text.encode())


def _holds(visit: Visit, leaf: int, text: str) -> bool:
    """Checked here and now, under the keys that this agency has pinned."""
    try:
        return check(text, *visit.agency.gateway.vkeys).index == leaf
    except ReceiptRefused:
        return False


PAGES: Final[tuple[Page, ...]] = (
    get(f"{HERE}/{LINE}", proof, INSPECTOR),
    get(f"{HERE}/{LINE}/file", download, INSPECTOR),
)
