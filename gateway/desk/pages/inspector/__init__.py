"""The pages of the inspector's face, in one table."""

from typing import Final

from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = ()
