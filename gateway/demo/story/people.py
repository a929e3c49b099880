"""The people of the story. None of them is real; the numbers are of ranges kept for drama."""

from typing import Final

from msgspec import Struct

from gateway.demo.said import Json
from gateway.demo.staff import person

MOORLAND: Final = "prison-mdi"
LEEDS: Final = "prison-lei"
WEST_YORKSHIRE: Final = "police-13"
SOUTH_YORKSHIRE: Final = "police-14"
AGENCIES: Final = (MOORLAND, LEEDS, WEST_YORKSHIRE, SOUTH_YORKSHIRE, "vlu-yh")

CONFERENCE: Final = ("preferred_name", "contact_channel", "safe_times", "access_needs")
ACCEPTED: Final = ("responsibility-accepted",)
ASSESSED: Final = ("responsibility-accepted", "risk-assessment")


class Offender(Struct, frozen=True, kw_only=True):
    """Somebody who wants to make amends, and the offence."""

    name: str
    prison_number: str
    pnc_id: str
    crime_reference: str
    offence_code: str = "TH68036"
    offence_date: str = "2023-03-14"


CALLUM: Final = Offender(
    name="Callum Reed", prison_number="A4821CK", pnc_id="09/418220Y", crime_reference="13230119482"
)
DANIEL: Final = Offender(
    name="Daniel Price",
    prison_number="A7730DM",
    pnc_id="98/77341G",
    crime_reference="14/55120/22",
    offence_code="SX03001",
)
OWEN: Final = Offender(name="Owen Hughes", prison_number="A1190EV", pnc_id="12/900417W", crime_reference="14/30771/23")
KIERAN: Final = Offender(
    name="Kieran Walsh", prison_number="A9034FX", pnc_id="04/55120Y", crime_reference="13220555102"
)
LEWIS: Final = Offender(name="Lewis Grant", prison_number="A2257GH", pnc_id="15/301188F", crime_reference="14/88120/23")
RHYS: Final = Offender(name="Rhys Morgan", prison_number="A5518HT", pnc_id="01/640233V", crime_reference="14/10226/21")
ADAM: Final = Offender(name="Adam Novák", prison_number="A6602KP", pnc_id="17/120954E", crime_reference="13240003387")
JAMIE: Final = Offender(
    name="Jamie O’Neill", prison_number="A8845LW", pnc_id="95/338871H", crime_reference="14/41100/20"
)


def coordinator() -> Json:
    """The restorative justice coordinator at the prison."""
    return person("rjc-12", "rj-coordinator", "foundation")


def asks(
    offender: Offender,
    holder: str,
    purpose: str,
    *,
    fields: tuple[str, ...] = (),
    grounds: tuple[str, ...] = ASSESSED,
) -> Json:
    """A request as the prison's own system sends it."""
    return {
        "staff": coordinator(),
        "holder": holder,
        "purpose": purpose,
        "fields": fields,
        "grounds": [{"ground": ground} for ground in grounds],
        "offender": {
            "name": offender.name,
            "prison_number": offender.prison_number,
            "pnc_id": offender.pnc_id,
        },
        "offence": {
            "codes": [offender.offence_code],
            "date": offender.offence_date,
            "crime_reference": offender.crime_reference,
        },
    }


AMINA: Final = {
    "preferred_name": "Amina",
    "contact_channel": "Text 07700 900123",
    "safe_times": "Weekdays after six in the evening",
    "access_needs": "A British Sign Language interpreter",
}
MARTIN: Final = {
    "preferred_name": "Martin",
    "contact_channel": "Ring 07700 900456",
    "safe_times": "Saturday mornings",
    "access_needs": "None",
}
SOFIA: Final = {
    "preferred_name": "Sofia",
    "contact_channel": "Text 07700 900789",
    "safe_times": "Any day before noon",
    "access_needs": "Letters in Polish",
}


def in_words(values: dict[str, str]) -> str:
    """Details as a person reads them."""
    return "\n".join(f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in values.items())
