"""The pages of an inspector, in one table."""

from typing import Final

from gateway.desk.pages.inspector import search
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (*search.PAGES,)
