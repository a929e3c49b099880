"""Wakes inboxes: a reader draws a ticket before it looks, so that nothing that comes in between is missed."""

import asyncio
from collections.abc import Iterable


class Bell:
    """One future for each agency that waits."""

    def __init__(self) -> None:
        self._tickets: dict[str, asyncio.Future[bool]] = {}
        self._closed = False

    def ticket(self, agency: str) -> asyncio.Future[bool]:
        """Done once something may have come for the agency after this call. Shared: wait for it by `asyncio.wait`.

        The result is whether whoever waits is to answer now, even if nothing is there.
        """
        ticket = self._tickets.get(agency)
        if ticket is None:
            ticket = asyncio.get_running_loop().create_future()
            if self._closed:
                ticket.set_result(True)
            else:
                self._tickets[agency] = ticket
        return ticket

    def ring(self, agencies: Iterable[str], *, answer: bool = True) -> None:
        """Something has come for these agencies, and is durable."""
        for agency in agencies:
            ticket = self._tickets.pop(agency, None)
            if ticket is not None:
                ticket.set_result(answer)

    def hear(self, agencies: Iterable[str]) -> None:
        """Something may have come for these agencies, by another node."""
        self.ring(agencies, answer=False)

    def ring_all(self) -> None:
        """Let every reader look again."""
        self.ring(list(self._tickets))

    def close(self) -> None:
        """The gateway stops: nobody waits any longer."""
        self._closed = True
        self.ring_all()
