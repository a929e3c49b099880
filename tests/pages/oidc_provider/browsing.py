"""A browser without a screen, which goes through the real provider's own pages."""

import re

from aiohttp import ClientSession
from yarl import URL


class Browser:
    """Somebody at a browser, whose cookies `http` keeps. `asked` counts how often the sign-in page was shown."""

    def __init__(self, http: ClientSession) -> None:
        self._http, self.asked = http, 0

    async def get(self, address: str) -> tuple[str, str]:
        """Where an address sends the browser on to, if anywhere, and what it says."""
        async with self._http.get(URL(address, encoded=True), allow_redirects=False) as answer:
            return answer.headers.get("Location", ""), await answer.text()

    async def go(self, address: str, back: str, account: str = "m.dsouza", button: str = "sign-in") -> URL:
        """To the provider, through its sign-in page where it shows one, and the address that it sends one back to."""
        method, form = "GET", None
        while not address.startswith(back):
            async with self._http.request(method, address, data=form, allow_redirects=False) as answer:
                page = await answer.text()
            assert answer.status < 400, f"The provider says {answer.status}: {page}"
            if answer.status in (302, 303):
                address, method, form = str(URL(address).join(URL(answer.headers["Location"]))), "GET", None
                continue
            assert "Sign in with your agency account" in page
            self.asked += 1
            address, method = str(URL(address).join(URL(_value(r'action="([^"]+)"', page)))), "POST"
            form = {"login": account, "do": button}
        return URL(address)

    async def sign_out(self, address: str) -> str:
        """Yes to the provider's own question whether to sign out there; where it sends the browser then."""
        async with self._http.get(address) as answer:
            page = await answer.text()
        form = {"xsrf": _value(r'name="xsrf" value="([^"]+)"', page), "logout": "yes"}
        action = _value(r'action="([^"]+)"', page)
        async with self._http.post(action, data=form, allow_redirects=False) as answer:
            return answer.headers["Location"]

    def cookies(self, address: str) -> dict[str, str]:
        """What the browser holds for a site."""
        return {name: cookie.value for name, cookie in self._http.cookie_jar.filter_cookies(URL(address)).items()}


def _value(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    assert found is not None, page
    return found[1]
