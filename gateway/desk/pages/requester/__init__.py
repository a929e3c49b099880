"""The pages of the requester's face, in one table."""

from typing import Final

from gateway.desk.pages.requester import (
    case,
    cases,
    details,
    drafts,
    ending,
    example,
    letters,
    more_needed,
    outcome,
    paper,
    referring,
    sending,
    withdrawn,
    wizard,
)
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
    *referring.PAGES,
    *drafts.PAGES,
    *letters.PAGES,
    *example.PAGES,
    *sending.PAGES,
    *wizard.PAGES,
)
