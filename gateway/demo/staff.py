"""The people who act in the demonstration, as an agency's own system vouches for them."""

import time

from gateway.demo.said import Json

OFFICER = "pc-4471"
REVIEWER = "dr-0209"
INSPECTOR = "insp-07"


def person(staff_id: str, role: str, training: str) -> Json:
    """A member of staff who signed in a moment ago, with a second factor."""
    return {
        "id": staff_id,
        "role": role,
        "training": training,
        "signed_in_at": int(time.time()) - 60,
        "methods": ["pwd", "mfa"],
    }


def officer() -> Json:
    """A police officer with foundation training."""
    return person(OFFICER, "police-officer", "foundation")


def inspector() -> Json:
    """An inspector of the inspectorate."""
    return person(INSPECTOR, "inspector", "foundation")
