"""What examples are made of: fictional staff, an id and the days around now, so that an example works when sent."""

from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct

from gateway.desk.staff import Staff

DAY_SECONDS: Final = 86_400
SIGNED_IN_SECONDS: Final = 60
EXAMPLE_ID: Final = "01980000-0000-7000-8000-000000000001"
EXAMPLE_AGENCY: Final = "prison-mdi"


class Scene(Struct, frozen=True, kw_only=True):
    """The instant at which an example is read, the agency that reads it, and the id that stands in it."""

    now: int
    agency: str = EXAMPLE_AGENCY
    id: str = EXAMPLE_ID

    @property
    def coordinator(self) -> Staff:
        """Who asks."""
        return self._staff("s838", "rj-coordinator", "foundation")

    @property
    def residential(self) -> Staff:
        """Who refers."""
        return self._staff("r42", "residential-officer", "none")

    @property
    def officer(self) -> Staff:
        """Who answers."""
        return self._staff("p100", "police-officer", "foundation")

    @property
    def reviewer(self) -> Staff:
        """Who reviews sensitive cases."""
        return self._staff("p200", "reviewer", "advanced")

    @property
    def inspector(self) -> Staff:
        """Who inspects."""
        return self._staff("i300", "inspector", "foundation")

    def at(self, days: int) -> int:
        """The instant so many days from now."""
        return self.now + days * DAY_SECONDS

    def day(self, days: int) -> str:
        """The day so many days from today."""
        return (datetime.fromtimestamp(self.now, UTC) + timedelta(days)).date().isoformat()

    def _staff(self, name: str, role: str, training: str) -> Staff:
        signed_in = self.now - SIGNED_IN_SECONDS
        return Staff(id=name, role=role, training=training, signed_in_at=signed_in, methods=("pwd", "mfa"))
