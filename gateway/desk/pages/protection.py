"""What every answer carries, and what every request must: the browser is told to run and to frame nothing of others.

Sources: CSP Level 3; OWASP ASVS 5.0 chapter 3 (web front-end security). Attack classes 122, 128 and 129.
"""

import re
from typing import Final

from aiohttp import web
from yarl import URL

SAFE: Final = ("GET", "HEAD")
FOREIGN: Final = "This form did not come from this desk's own pages. Open the page again and send it from there."
ELSEWHERE: Final = (
    "This desk is not known by the name in your browser's address line. Use the address that you were given."
)
_HOST: Final = re.compile(r"[A-Za-z0-9.\[\]:-]{1,255}")


def headers(nonce: str, *, form_action: str = "'self'") -> dict[str, str]:
    """The headers of a page. `nonce` is for the one line of script that the GOV.UK template begins with."""
    policy = (
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        f"form-action {form_action}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "X-Robots-Tag": "noindex, nofollow",
    }


def of_this_desk(request: web.Request, url: URL) -> bool:
    """Whether the browser asks for this desk by its own name (no DNS rebinding)."""
    hosts = request.headers.getall("Host", ())
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None and hosts[0].lower() == _authority(url)


def from_this_desk(request: web.Request, url: URL) -> bool:
    """Whether a form was sent from one of our own pages, as far as the browser says where from."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin == str(url.origin())


def _authority(url: URL) -> str:
    host = f"[{url.host}]" if ":" in (url.host or "") else url.host
    return f"{host}" if url.is_default_port() else f"{host}:{url.port}"
