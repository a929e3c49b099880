"""Every call of the local API, by face. A call is added to the table of its face, in `gateway.desk.calls`."""

from collections.abc import Mapping
from typing import Final

from gateway.desk.calls import everybody, holder, inspector, requester, victims
from gateway.desk.calls.call import Call, Face, Look

FACES: Final[tuple[Face, ...]] = (
    Face(
        name="requester", title="Prison, youth offending team, probation", calls=requester.CALLS, looks=requester.LOOKS
    ),
    Face(name="holder", title="Police, victim liaison unit: cases", calls=holder.CALLS, looks=holder.LOOKS),
    Face(name="holder", title="Police, victim liaison unit: victims", calls=victims.CALLS, looks=victims.LOOKS),
    Face(name="inspector", title="Inspectorate", calls=inspector.CALLS, looks=inspector.LOOKS),
    Face(name="everybody", title="Every agency", calls=everybody.CALLS, looks=everybody.LOOKS),
)

CALLS: Final[Mapping[str, Call]] = {path: call for face in FACES for path, call in face.calls.items()}
"""Every call that acts, by its path under `/v1/agencies/{agency}/`."""

LOOKS: Final[Mapping[str, Look]] = {path: look for face in FACES for path, look in face.looks.items()}
"""Every call that only looks, likewise."""
