"""The pages of the holder's face, in one table."""

from typing import Final

from gateway.desk.pages.holder import (
    answer,
    approach,
    delaying,
    inbox,
    instructing,
    letters,
    more,
    pack,
    recalling,
    reporting,
    request,
    reviewing,
)
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *inbox.PAGES,
    *request.PAGES,
    *approach.PAGES,
    *pack.PAGES,
    *more.PAGES,
    *answer.PAGES,
    *reviewing.PAGES,
    *instructing.PAGES,
    *recalling.PAGES,
    *letters.PAGES,
    *delaying.PAGES,
    *reporting.PAGES,
)
