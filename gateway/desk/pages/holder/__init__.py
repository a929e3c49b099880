"""The pages of the holder's face, in one table."""

from typing import Final

from gateway.desk.pages.holder import answer, approach, inbox, more, pack, request
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *inbox.PAGES,
    *request.PAGES,
    *approach.PAGES,
    *pack.PAGES,
    *more.PAGES,
    *answer.PAGES,
)
