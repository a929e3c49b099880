"""Who has an account at the real provider, and the desk as its client. Any page test may sign in as one of them."""

from typing import Any

SECRET = "a secret: of 100% test"
BACK = "http://127.0.0.1:9/sign-in/back"
"""Where the provider sends people back to, in tests that need no desk to be there."""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "m.dsouza": {
        "name": "Siân D’Souza",
        "agency": "prison-mdi",
        "role": "rj-coordinator",
        "training": "foundation",
        "trained_until": "2027-03-31",
        "amr": ["pwd", "otp", "mfa"],
    },
    "l.obriain": {"name": "Llŷr Ó Briain", "agency": "prison-mdi", "role": "Head of Residence", "amr": ["pwd"]},
    "no.agency": {"name": "Somebody New", "role": "rj-coordinator", "amr": ["pwd", "mfa"]},
    "no.role": {"name": "Somebody New", "agency": "prison-mdi", "amr": ["pwd", "mfa"]},
    "another.agency": {"name": "Nguyễn Thị Hà", "agency": "police-13", "role": "reviewer", "amr": ["pwd", "mfa"]},
}


def client(name: str = "rj-desk", back: str = BACK, alg: str = "RS256", *, public: bool = False) -> dict[str, Any]:
    """The desk, as the provider knows it. `back` begins with the desk's own address."""
    known = {
        "client_id": name,
        "redirect_uris": [back],
        "post_logout_redirect_uris": [back.partition("/sign-in/")[0] + "/signed-out"],
        "id_token_signed_response_alg": alg,
    }
    auth = {"token_endpoint_auth_method": "none"} if public else {"client_secret": SECRET}
    return known | auth
