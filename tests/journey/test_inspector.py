"""Inspectors over real HTTP: they find exact codes, prove what they find, leave a line, and see no value."""

from tests.journey.simulated import Side, claims_of


async def _ended_in_no(side: Side) -> str:
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    await side.send(side.answer(exchange, "cannot-proceed", "R19", actor=side.person("police-13", "sergeant")))
    return exchange


async def test_a_search_finds_the_exact_reason_and_who_gave_it(slow: Side) -> None:
    """By exchange, agency, person, event, code, clause, purpose or time: and each line's openings open its leaf."""
    exchange = await _ended_in_no(slow)
    sergeant = slow.world.agencies["police-13"].pseudonym("sergeant")
    lines = await slow.found(about=exchange)
    assert [shared.event for shared, _ in lines] == ["contact-request", "contact-answer"]
    shared, exact = lines[1]
    assert (exact.code, exact.clauses, exact.actor and exact.actor.id) == ("R19", ("6.6",), sergeant)
    for terms in ({"code": "R19"}, {"clause": "6.6"}, {"person": sergeant}, {"event": "contact-answer"}):
        assert await slow.found(**terms) == [(shared, exact)]
    assert await slow.found(purpose="conference") == lines
    assert {s.iss for s, _ in await slow.found(agency="police-13")} == {"police-13"}
    assert await slow.found(about=exchange, since=lines[0][0].at) == lines
    assert await slow.found(until=lines[0][0].at) == await slow.found(since=shared.at + 1000) == []


async def test_pages_go_by_leaf_index(slow: Side) -> None:
    """`after` and `limit` page through the lines, and no line is found twice or left out."""
    for _ in range(3):
        await _ended_in_no(slow)
    reply = await slow.send(slow.search(event="contact-answer", limit=2))
    first = [line.index for line in reply.found or ()]
    reply = await slow.send(slow.search(event="contact-answer", limit=2, after=first[-1]))
    rest = [line.index for line in reply.found or ()]
    assert first + rest == sorted({*first, *rest})
    assert (len(first), len(rest)) == (2, 1)


async def test_a_search_is_itself_a_line(slow: Side) -> None:
    """Who searched and why is found by the next search; the search's own reply has a receipt like any other."""
    message = slow.search(code="R19")
    reply = await slow.send(message)
    assert reply.found == ()
    searches = await slow.found(event="log-search")
    ((shared, exact),) = [line for line in searches if line[0].jti == claims_of(message).jti]
    assert len(searches) == 2
    assert (shared.iss, exact.why, exact.clauses) == ("inspectorate-hmip", "inspection", ("4.7",))
    again = await slow.send(message, expect=200)
    assert (again.found, again.receipt) == (None, reply.receipt)


async def test_nobody_else_searches(slow: Side) -> None:
    """Prison, police, party, a person who is no inspector and a system: R04, on record."""
    others = [slow.search(agency, actor=slow.person(agency)) for agency in ("prison-mdi", "police-13", "party-noms")]
    others.append(slow.search(actor=slow.person("inspectorate-hmip", role="custodian")))
    others.append(slow.search(actor=slow.system("inspectorate-hmip")))
    for message in others:
        problem = await slow.refusal(message)
        assert (problem.status, problem.code, problem.clauses) == (403, "R04", ("4.7",))
    assert len(await slow.found(event="log-search", code="R04")) == len(others)


async def test_an_inspector_sees_every_exchange_and_speaks_in_none(slow: Side) -> None:
    """The whole view, a refused request's too; but no message of the two sides is an inspector's to send."""
    exchange = await _ended_in_no(slow)
    refused = slow.request("other", grounds=())
    await slow.refusal(refused)
    seen = await slow.inspect(claims_of(refused).exchange)
    assert seen is not None
    assert (seen.state, seen.code) == ("refused", "R03")
    seen = await slow.inspect(exchange)
    assert seen is not None
    assert (seen.state, seen.code, seen.clauses) == ("cannot-proceed", "R19", ("6.6",))
    meddling = slow.cancel(exchange, prison="inspectorate-hmip")
    assert (await slow.refusal(meddling)).code == "R04"
