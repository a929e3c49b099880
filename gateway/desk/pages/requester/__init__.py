"""The pages of a requester: prison, youth offending team, probation."""

from typing import Final

from gateway.desk.pages.requester import cases
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = cases.PAGES
