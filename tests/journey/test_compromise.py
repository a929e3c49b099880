"""A key that is compromised since T: what it has signed since then is not handed over (ATTACKS 108)."""

import asyncio
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.journey.simulated import ORIGIN, Side, World, claims_of
from tests.waiting import until_directory


async def shared(side: Side) -> tuple[str, str]:
    """An exchange whose details are shared, and the answer that shares them."""
    request = side.request()
    await side.send(request)
    answer = side.answer(claims_of(request).exchange)
    await side.send(answer)
    return claims_of(request).exchange, claims_of(answer).jti


@pytest.mark.parametrize(("since", "status"), [(-3600, 409), (+1, 201)])
async def test_what_a_compromised_key_signed_since_then_is_not_handed_over(
    tmp_path: Path, since: int, status: int
) -> None:
    """Details that a thief may have sent stay shut; what was signed before the theft still opens."""
    async with World(tmp_path).gateway() as side:
        exchange, answer = await shared(side)
        police = side.world.agencies["police-13"].entry(ORIGIN, int(time.time()), side.world.agreement.digest)
        stolen = replace(police.signing[0], compromised_since=int(time.time()) + since)
        if since > 0:
            await asyncio.sleep(since)
        side.world.publish_directory(2, replace(police, signing=(stolen,)))
        await until_directory(side.http, side.world.address, 2)
        opened, _ = await side.post(side.open("prison-mdi", exchange, answer, ("contact_channel",)))
        assert opened == status
