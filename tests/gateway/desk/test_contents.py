"""What a value may not say before it is sealed."""

import pytest

from gateway.desk import contents

HARMLESS = {
    "preferred_name": "Siobhán Ó Briain",
    "contact_channel": "07700 900 123",
    "safe_times": "weekdays after 18:00, not the 24th",
    "access_needs": "BSL interpreter; large print, 18 point",
    "meeting_place": "Leeds Central Library, 12 Calverley Street, LS1 3AB",
    "safety_notes": "do not leave voicemail; 2 dogs; a 15 minute drive is fine",
    "representative_name": "Llŷr Nguyễn",
    "representative_channel": "guardian@example.org",
    "exclusion": "no",
}


def test_what_forces_ordinarily_share_passes() -> None:
    """Names, one number, times, needs, a public meeting place: nothing is stopped."""
    assert contents.faults(HARMLESS) == ()


@pytest.mark.parametrize("area", ["", "yes", "No", "Kirklees", "Bath and North East Somerset", "Dinas a Sir Caerdydd"])
def test_an_exclusion_is_yes_no_or_an_area(area: str) -> None:
    """Areas as large as a local authority pass."""
    assert contents.faults({"exclusion": area}) == ()


@pytest.mark.parametrize("small", ["LS1", "LS1 3AB", "High Street", "12", "the mews", "within 2 miles", "x" * 61])
def test_an_exclusion_smaller_than_an_area_is_stopped(small: str) -> None:
    """A street, a number, a postcode or an essay would lead to the victim's door."""
    (fault,) = contents.faults({"exclusion": small})
    assert (fault.name, fault.detail) == ("exclusion", contents.TOO_SMALL)


@pytest.mark.parametrize("field", [name for name in HARMLESS if name not in ("meeting_place", "exclusion")])
@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("ask at LS12 4QA", contents.HAS_POSTCODE),
        ("m1 1ae", contents.HAS_POSTCODE),
        ("SW1A1AA", contents.HAS_POSTCODE),
        ("lives at 14b Acacia Avenue", contents.HAS_ADDRESS),
        ("Flat 3 Heol y Bryn, 7 Ffordd Gwynedd Rd", contents.HAS_ADDRESS),
        ("221 Baker St", contents.HAS_ADDRESS),
    ],
)
def test_a_home_is_stopped_wherever_a_meeting_place_does_not_belong(field: str, text: str, detail: str) -> None:
    """A postcode, or a house number and street; the message never repeats the value."""
    (fault,) = contents.faults({field: text})  # type: ignore[dict-item]
    assert (fault.name, fault.detail) == (field, detail)
    assert text not in fault.detail


@pytest.mark.parametrize(
    "number", ["07700 900123", "+44 7700 900123", "(01632) 960 001", "0113-496-0000", "+447700900123"]
)
def test_a_telephone_number_stands_only_in_the_chosen_channel(number: str) -> None:
    """One number in the channel is what it is for; a second one there, or one elsewhere, is stopped."""
    assert contents.faults({"contact_channel": number}) == ()
    assert [fault.detail for fault in contents.faults({"safety_notes": f"ring {number}"})] == [contents.HAS_PHONE]
    two = contents.faults({"contact_channel": f"{number} or 07700 900999"})
    assert [fault.detail for fault in two] == [contents.TWO_PHONES]


def test_fields_that_are_never_released_are_left_to_the_gateway_to_drop() -> None:
    """It drops them by name, and tells the holder so."""
    assert contents.faults({"home_address": "1 High Street, LS1 3AB", "second_number": "07700 900001"}) == ()
