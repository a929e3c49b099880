"""Why somebody is not signed in, each in plain English and without a word of what a browser or a provider sent.

SignInRefused
├── StartAgain       the answer belongs to no sign-in that waits here: go back and sign in again
├── NotFinished      the provider says that it signed nobody in
├── AccountNotReady  the account lacks what a desk must know: the agency's identity team can add it
├── NotVouched       what the provider says does not verify: nothing of it is used
└── ProviderAway     the provider cannot be reached, or is not at work

`why` is the word for the log: it names the check, never the person.
"""

from gateway.desk.errors import DeskError


class SignInRefused(DeskError):
    """Nobody is signed in."""

    status, slug, title = 403, "not-signed-in", "You are not signed in"

    def __init__(self, detail: str, why: str) -> None:
        super().__init__(detail)
        self.why = why


class StartAgain(SignInRefused):
    """Too late, a second time, or from another browser."""

    status, slug, title = 409, "sign-in-again", "Sign in again"

    def __init__(self, why: str) -> None:
        super().__init__("This sign-in took too long or was already used. Go back to the desk and sign in again.", why)


class NotFinished(SignInRefused):
    """Stopped by the person, or by the provider."""

    slug = "sign-in-not-finished"


class AccountNotReady(SignInRefused):
    """The person did nothing wrong: somebody else has to change the account."""

    slug, title = "account-not-ready", "Your account is not ready for this desk"


class NotVouched(SignInRefused):
    """A fault of the provider or of the settings, or an attack."""

    status, slug = 502, "not-vouched"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} Nobody was signed in. Ring whoever runs this desk, and tell them this sentence.", why)


class ProviderAway(SignInRefused):
    """Try again later."""

    status, slug, title = 503, "sign-in-away", "The sign-in service is away"

    def __init__(self, why: str) -> None:
        super().__init__("The sign-in service does not answer. Try again in a few minutes.", why)
