"""Who signed in, from the claims that the settings name: an account that says too little is told whom to ring."""

from typing import Any, Final

import msgspec

from contracts.vocabulary import SignInMethod, canonical
from gateway.config import SignIn
from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.signing_in.errors import AccountNotReady
from gateway.desk.pages.signing_in.id_token import Claims, IdToken
from gateway.desk.staff import Staff

NAME_MAX: Final = 80
METHODS_MAX: Final = 6

_KINDS: Final[dict[str, Any]] = {field.name: field.type for field in msgspec.structs.fields(Staff)}
_METHODS: Final[tuple[SignInMethod, ...]] = SignInMethod.__args__  # type: ignore[attr-defined]  # a Literal's words


def signed_in(token: IdToken, claims: Claims, settings: SignIn) -> SignedIn:
    """The person of a token that was judged. Raises AccountNotReady."""
    agency = _needed(claims, settings.agency_claim, "which agency you work for")
    if agency not in settings.agencies:
        raise AccountNotReady(
            "Your account belongs to an agency whose staff do not sign in here this way. Go back and choose another "
            "way to sign in. If there is none, ring whoever runs this desk.",
            "agency-not-allowed",
        )
    staff_id = _needed(claims, settings.staff_id_claim, "who you are")
    return SignedIn(
        staff=_staff(token, claims, settings, staff_id),
        name=_name(_text(claims, settings.name_claim) or "") or staff_id,
        agency=agency,
    )


def methods(said: tuple[str, ...]) -> tuple[SignInMethod, ...]:
    """The methods that the agreement knows, in its own order. What it asks for, `mfa`, is never the one cut off."""
    known = canonical(tuple(word for word in _METHODS if word in said), _METHODS)
    return known if len(known) <= METHODS_MAX else (*known[: METHODS_MAX - 1], known[-1])


def _staff(token: IdToken, claims: Claims, settings: SignIn, staff_id: str) -> Staff:
    """A role that the agreement does not name stays as it is: it may do nothing, and the log says so."""
    role = _needed(claims, settings.role_claim, "what your role is")
    training = _text(claims, settings.training_claim) or "none"
    until = _text(claims, settings.trained_until_claim)
    return Staff(
        id=_fitting(staff_id, "id", settings.staff_id_claim),
        role=_fitting(role, "role", settings.role_claim),
        training=_fitting(training, "training", settings.training_claim),
        trained_until=until and _fitting(until, "trained_until", settings.trained_until_claim),
        signed_in_at=token.auth_time,
        methods=methods(token.amr),
    )


def _fitting(text: str, member: str, claim: str) -> str:
    """The text, where it is one that `Staff` may hold: not too long, and a date if it should be one."""
    try:
        fitting: str = msgspec.convert(text, _KINDS[member])
    except msgspec.ValidationError:
        raise AccountNotReady(
            _ring(f"has something in “{claim}” that this desk cannot use"), "claim-unusable"
        ) from None
    return fitting


def _needed(claims: Claims, name: str, what: str) -> str:
    found = _text(claims, name)
    if found is None:
        raise AccountNotReady(_ring(f"does not say {what} (claim “{name}”)"), "claim-missing")
    return found


def _text(claims: Claims, name: str) -> str | None:
    """A claim's text. Some providers put one word in a list; of several words nobody could say which one counts."""
    found = claims.get(name)
    words = found if isinstance(found, list) else [found]
    if len(words) > 1:
        raise AccountNotReady(_ring(f"says more than one thing in “{name}”"), "claim-twice")
    word = words[0] if words else None
    return word.strip() or None if isinstance(word, str) else None


def _ring(what: str) -> str:
    return (
        f"Your account {what}. You have done nothing wrong. Ring your agency's identity team (the IT service desk), "
        "read them this message, and ask them to put it right."
    )


def _name(text: str) -> str:
    """For a screen: what cannot be seen, or would turn the text around, is left out."""
    seen = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return seen[:NAME_MAX]
