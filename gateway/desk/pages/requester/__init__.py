"""The pages of the requester's face, in one table."""

from typing import Final

from gateway.desk.pages.requester import case, cases, details, ending, more_needed, outcome, paper, withdrawn
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *cases.PAGES,
    *case.PAGES,
    *more_needed.PAGES,
    *details.PAGES,
    *paper.PAGES,
    *withdrawn.PAGES,
    *outcome.PAGES,
    *ending.PAGES,
)
