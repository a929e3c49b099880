"""The bell: whoever waits hears what comes after the ticket was drawn, and nobody hears another agency's."""

import asyncio

from gateway.bell import Bell


async def test_a_ticket_is_done_once_something_has_come() -> None:
    """Drawn before, rung after: so what is committed between a look and a wait is not missed."""
    bell = Bell()
    ticket = bell.ticket("police-13")
    assert not ticket.done()
    bell.ring(["police-13"])
    assert ticket.done()


async def test_all_who_wait_for_an_agency_share_a_ticket() -> None:
    """However many connections an agency holds, there is one future."""
    bell = Bell()
    assert bell.ticket("police-13") is bell.ticket("police-13")
    bell.ring(["police-13"])
    assert not bell.ticket("police-13").done()


async def test_nobody_hears_another_agencys_bell() -> None:
    """And ringing where nobody waits harms nothing."""
    bell = Bell()
    ticket = bell.ticket("police-13")
    bell.ring(["police-14", "prison-mdi"])
    assert not ticket.done()


async def test_a_waiter_that_gives_up_leaves_the_others_waiting() -> None:
    """`asyncio.wait` with a time: the shared ticket is not cancelled."""
    bell = Bell()
    ticket = bell.ticket("police-13")
    await asyncio.wait([ticket], timeout=0.01)
    assert not ticket.cancelled()
    bell.ring(["police-13"])
    assert ticket.done()


async def test_ringing_all_lets_everybody_look_again_and_wait_again() -> None:
    """As when a new directory is gone by."""
    bell = Bell()
    tickets = [bell.ticket(agency) for agency in ("police-13", "police-14")]
    bell.ring_all()
    assert all(ticket.done() for ticket in tickets)
    assert not bell.ticket("police-13").done()


async def test_after_closing_nobody_waits() -> None:
    """Who comes while the gateway stops is let go at once."""
    bell = Bell()
    before = bell.ticket("police-13")
    bell.close()
    assert before.done()
    assert bell.ticket("police-13").done()
    assert bell.ticket("police-14").done()
