"""When two crime references, as people type them, may be of one crime.

The national identifiers have a canonical form. A crime reference has none: `13 272661805`, `13-272661805` and
`13/0272661805` are one crime to those who type them. Missing a "no further contact" can hurt somebody; matching one too
many costs a look. So everything is left out of the key that people leave out, put in or mix up.
"""

import re
from typing import Final

_NOT_SAID: Final = re.compile(r"[^A-Z0-9]")
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def crime_key(reference: str) -> str:
    """What all ways of typing one reference have in common.

    Only letters and digits; a letter O is a zero, I and L are a one. Every zero goes, not only those that lead: where a
    part begins is no longer known once its separator was left out, so that `13/0272` and `130272` would not meet.
    """
    return written_key(reference).replace("0", "")


def written_key(reference: str) -> str:
    """The same with every zero left where it stands.

    Two crimes can have one `crime_key` (`13/10` and `13/1`). Where a match tells one person about another, only this
    key may decide by itself.
    """
    return _NOT_SAID.sub("", reference.upper()).translate(_MISREAD)
