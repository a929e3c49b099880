"""The pages of the holder's face, in one table."""

from typing import Final

<<<<<<< HEAD
from gateway.desk.pages.holder import delaying, inbox, instructing, letters, recalling, reporting, request, reviewing
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *inbox.PAGES,
    *request.PAGES,
    *reviewing.PAGES,
    *instructing.PAGES,
    *recalling.PAGES,
    *letters.PAGES,
    *delaying.PAGES,
    *reporting.PAGES,
)
=======
from gateway.desk.pages.holder import answer, inbox, more, request
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (*inbox.PAGES, *request.PAGES, *more.PAGES, *answer.PAGES)
>>>>>>> police
