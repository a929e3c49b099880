"""The pages of the requester's face, in one table."""

from typing import Final

from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = ()
