"""Whether an agency's desk reaches the gateway, as its pages say it: by the last try of its inbox and its posts."""

from msgspec import Struct

from gateway.desk import outbox, words
from gateway.desk.agency import Agency
from gateway.desk.ids import now


class Reach(Struct, frozen=True, kw_only=True):
    """`since` (UTC seconds) the gateway has not answered; `waiting` counts what has not left yet.

    `words` are for people; None while all is well.
    """

    reachable: bool
    since: int | None
    waiting: int
    words: str | None


async def of(agency: Agency) -> Reach:
    """How it stands now. While the gateway answers, what is on its way at this moment does not wait."""
    since = agency.away_since
    if since is None:
        waiting = len(await outbox.waiting(agency))
    else:
        waiting = await agency.cabinet.change(lambda drawer: drawer.count(outbox.KIND))
    told = [words.away(since, now())] if since is not None else []
    if waiting:
        told.append(words.queued(waiting))
    return Reach(reachable=since is None, since=since, waiting=waiting, words=" ".join(told) or None)
