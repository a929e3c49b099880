"""Every call of the local API, by face. A call is added to the table of its face, in `gateway.desk.calls`."""

from collections.abc import Mapping
from typing import Final

from gateway.desk.calls import (
    approach,
    everybody,
    holder,
    inspector,
    letters,
    referrals,
    requester,
    victims,
    worklist,
)
from gateway.desk.calls.call import Call, Face, Look

_ASKS: Final = "Prison, youth offending team, probation"
_ANSWERS: Final = "Police, victim liaison unit"

FACES: Final[tuple[Face, ...]] = (
    Face(name="requester", title=f"{_ASKS}: requests", calls=requester.CALLS, looks=requester.LOOKS),
    Face(name="requester", title=f"{_ASKS}: referrals", calls=referrals.CALLS, looks=referrals.LOOKS),
    Face(name="requester", title=f"{_ASKS}: letters", calls=letters.CALLS, looks=letters.LOOKS),
    Face(name="holder", title=f"{_ANSWERS}: cases", calls=holder.CALLS, looks=holder.LOOKS),
    Face(name="holder", title=f"{_ANSWERS}: approaches and letters", calls=approach.CALLS, looks=approach.LOOKS),
    Face(name="holder", title=f"{_ANSWERS}: victims", calls=victims.CALLS, looks=victims.LOOKS),
    Face(name="inspector", title="Inspectorate", calls=inspector.CALLS, looks=inspector.LOOKS),
    Face(name="everybody", title="Every agency", calls=everybody.CALLS, looks=everybody.LOOKS),
    Face(name="everybody", title="Every agency: shared work", calls=worklist.CALLS, looks=worklist.LOOKS),
)

CALLS: Final[Mapping[str, Call]] = {path: call for face in FACES for path, call in face.calls.items()}
"""Every call that acts, by its path under `/v1/agencies/{agency}/`."""

LOOKS: Final[Mapping[str, Look]] = {path: look for face in FACES for path, look in face.looks.items()}
"""Every call that only looks, likewise."""
