"""The pages of the holder's face, in one table."""

from typing import Final

from gateway.desk.pages.holder import inbox, instructing, recalling, request, reviewing
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *inbox.PAGES,
    *request.PAGES,
    *reviewing.PAGES,
    *instructing.PAGES,
    *recalling.PAGES,
)
