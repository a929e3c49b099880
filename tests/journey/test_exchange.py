"""The exchange from end to end, over real HTTP."""

from tests.journey.simulated import Side, claims_of


async def test_a_yes_travels_from_request_to_opened_details(slow: Side) -> None:
    """Asked, read, answered, delivered, opened: and each hand-over is told to the agency that sealed the values."""
    request = slow.request()
    exchange, jti = claims_of(request).exchange, claims_of(request).jti
    await slow.send(request)
    (item,) = await slow.inbox("police-13")
    assert (item.typ, item.exchange) == ("rj.contact-request.v1+jwt", exchange)
    subject = await slow.send(slow.open("police-13", exchange, jti, ("subject",)))
    assert "Siobhán" in slow.unseal("police-13", subject)["subject"]
    await slow.send(slow.accepted(exchange))
    answer = slow.answer(exchange)
    await slow.send(answer)
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.answer) == ("details-shared", claims_of(answer).jti)
    opened = await slow.send(slow.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",)))
    assert slow.unseal("prison-mdi", opened) == {"contact_channel": "07700 900123"}
    assert [notice.notice for notice in await slow.notices("police-13")] == ["opened"]
