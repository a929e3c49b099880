"""Where somebody goes after sign-in: a page of this desk, and never another site."""

import re
from typing import Final

PATH_MAX: Final = 512
START: Final = "/"

_OURS: Final = re.compile(r"(?:/|(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?)(?:\?[A-Za-z0-9._~=&+-]*)?")
"""What the desk's own addresses are made of. Nothing here can begin another host (`//`, `/\\`), another scheme, a dot
segment, or anything in an encoded form that somebody further on might decode."""


def safe_return(path: str) -> str:
    """`path`, where it is an address of our own; else the start page. A wrong one is no error: people just begin."""
    return path if len(path) <= PATH_MAX and _OURS.fullmatch(path) else START
