"""What an inspector's system or page says: plain data."""

from msgspec import Struct

from contracts.messages.log_search import LogSearch
from contracts.text import Id
from contracts.vocabulary import SearchReason
from gateway.desk.asking import Look
from gateway.desk.staff import Staff


class Search(LogSearch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A search of the log (`contracts.messages.log_search`): by whom, why, and for what."""

    staff: Staff


class GiveEvidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Evidence of an exchange: who wants it, and why. The desk says so in the log before it asks for it."""

    staff: Staff
    why: SearchReason


class OpenReasons(Look, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reviewer's reasons: `of` is the id of the review, which a search shows."""

    of: Id
