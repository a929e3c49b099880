"""The pages of an inspector, in one table."""

from typing import Final

from gateway.desk.pages.inspector import exchange, export, proof, public, reasons, sample, search, variation
from gateway.desk.pages.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *search.PAGES,
    *export.PAGES,
    *proof.PAGES,
    *exchange.PAGES,
    *reasons.PAGES,
    *variation.PAGES,
    *sample.PAGES,
    *public.PAGES,
)
