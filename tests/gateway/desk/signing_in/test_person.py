"""Who somebody is, from the claims of a token that was judged; and what an account that says too little is told."""

from typing import Any

import pytest

from gateway.config import SignIn
from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.signing_in.errors import AccountNotReady
from gateway.desk.pages.signing_in.id_token import IdToken
from gateway.desk.pages.signing_in.person import NAME_MAX, methods, signed_in

HONEST: dict[str, Any] = {
    "sub": "7f3c",
    "name": "Llŷr Ó Briain",
    "agency": "prison-mdi",
    "role": "rj-coordinator",
    "training": "foundation",
    "trained_until": "2027-03-31",
}


def known(amr: tuple[str, ...] = ("pwd", "mfa"), settings: dict[str, Any] | None = None, **claims: Any) -> SignedIn:
    told = {name: value for name, value in (HONEST | claims).items() if value is not None}
    token = IdToken(iss="i", aud="c", exp=9, iat=5, nonce="n", auth_time=3, amr=amr)
    sign_in: dict[str, Any] = {"agencies": ("prison-mdi", "prison-lei")} | (settings or {})
    return signed_in(token, told, SignIn(id="i", name="n", issuer="https://i", client_id="c", **sign_in))


def not_ready(why: str, **claims: Any) -> str:
    with pytest.raises(AccountNotReady) as caught:
        known(**claims)
    assert caught.value.why == why
    return caught.value.detail


def test_a_full_account_is_a_person() -> None:
    """The time is when they signed in at the provider, not when the token was written."""
    person = known()
    assert (person.agency, person.name) == ("prison-mdi", "Llŷr Ó Briain")
    assert (person.staff.id, person.staff.role, person.staff.training) == ("7f3c", "rj-coordinator", "foundation")
    assert (person.staff.trained_until, person.staff.signed_in_at) == ("2027-03-31", 3)


@pytest.mark.parametrize(
    ("claim", "words"), [("agency", "which agency"), ("role", "your role"), ("sub", "who you are")]
)
@pytest.mark.parametrize("said", [None, "", "  ", 5, {}, [], [None], True])
def test_an_account_that_says_too_little_is_told_whom_to_ring(claim: str, words: str, said: object) -> None:
    """What is missing, in words and by the claim's name; that it is nobody's fault; and who can mend it."""
    detail = not_ready("claim-missing", **{claim: said})
    assert words in detail
    assert f"“{claim}”" in detail
    assert "identity team" in detail
    assert "nothing wrong" in detail


def test_an_agency_of_others_is_refused() -> None:
    """A provider may vouch for its own agencies alone. What it said is not repeated."""
    detail = not_ready("agency-not-allowed", agency="police-wmp")
    assert "police-wmp" not in detail
    assert "ring whoever runs this desk" in detail


def test_an_agency_is_compared_letter_by_letter() -> None:
    """Its id is one that the directory has."""
    not_ready("agency-not-allowed", agency="PRISON-MDI")


def test_a_role_that_the_agreement_does_not_name_may_do_nothing() -> None:
    """It stays as it is for the agency's own records, and is `other` for everybody else."""
    person = known(role="Head of Residence")
    assert person.staff.role == "Head of Residence"
    assert person.role == "other"


@pytest.mark.parametrize("training", [None, "lots"])
def test_training_that_is_not_said_or_not_known_is_none(training: str | None) -> None:
    """Nobody is trained by a slip in a claim."""
    assert known(training=training).staff.person(bytes(32)).training == "none"


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("trained_until", "31/03/2027"),
        ("trained_until", "2027-02-30"),
        ("sub", "x" * 65),
        ("role", "x" * 41),
        ("training", "x" * 41),
    ],
)
def test_a_claim_that_the_desk_cannot_use_is_named(claim: str, said: str) -> None:
    """By its name; its value is not repeated."""
    detail = not_ready("claim-unusable", **{claim: said})
    assert f"“{claim}”" in detail
    assert said not in detail


def test_one_word_in_a_list_is_that_word() -> None:
    """As Microsoft Entra ID sends roles."""
    assert known(role=["reviewer"]).staff.role == "reviewer"


@pytest.mark.parametrize("claim", ["agency", "role", "sub", "training"])
def test_several_words_are_refused(claim: str) -> None:
    """Nobody could say which of them counts."""
    assert f"“{claim}”" in not_ready("claim-twice", **{claim: ["reviewer", "inspector"]})


def test_the_settings_name_the_claims() -> None:
    """Providers call them what they like."""
    names = {"agency_claim": "urn:org", "role_claim": "roles", "staff_id_claim": "employee", "name_claim": "display"}
    person = known(
        settings=names, agency=None, role=None, sub="7f3c",
        **{"urn:org": "prison-lei", "roles": ["reviewer"], "employee": "A1234", "display": "D’Souza"},
    )  # fmt: skip
    assert (person.agency, person.staff.role) == ("prison-lei", "reviewer")
    assert (person.staff.id, person.name) == ("A1234", "D’Souza")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("  Nguyễn \n Thị  Hà ", "Nguyễn Thị Hà"),
        ("\u202eLlŷr", "Llŷr"),
        ("a" * 500, "a" * NAME_MAX),
        (None, "7f3c"),
        ("\u200b\0", "7f3c"),
    ],
)
def test_a_name_is_made_fit_for_a_screen(said: str | None, shown: str) -> None:
    """What cannot be seen is left out; without a name the staff id stands in for it."""
    assert known(name=said).name == shown


def test_methods_that_the_agreement_does_not_know_are_left_out() -> None:
    """Whatever words a provider has."""
    assert known(amr=("rsa", "mfa", "kba", "pwd", "mfa")).staff.methods == ("pwd", "mfa")
    assert known(amr=()).staff.methods == ()


def test_of_many_methods_more_than_one_factor_is_kept() -> None:
    """A message has room for six, and `mfa` is the one that the agreement asks for."""
    assert methods(("mfa", "face", "fpt", "sc", "swk", "hwk", "otp", "pin", "pwd")) == (
        "pwd", "pin", "otp", "hwk", "swk", "mfa",
    )  # fmt: skip
