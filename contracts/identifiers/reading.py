"""How any identifier is read: refused early when it is not plain text, its check letter split off and tested."""

import re
from typing import Final, Literal

Kind = Literal[
    "pnc-id",
    "cro",
    "prison-number",
    "asn",
    "pti-urn",
    "crime-reference",
    "offence-code",
    "prison-code",
    "force-code",
]

LONGEST_TYPED: Final = 64
CHECK_ALPHABET: Final = "ZABCDEFGHJKLMNPQRTUVWXY"
# Word processors turn a typed hyphen into one of the others; the person still sees, and is told of, a hyphen.
DASHES: Final = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212")


class BadIdentifier(ValueError):
    """An identifier that cannot be read: which `kind`, and a `message` saying what to change.

    Messages are fixed sentences: an identifier is personal data, so the value is never repeated.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message

    def __str__(self) -> str:
        return self.message


def check_letter(n: int) -> str:
    """The check letter of `n`: its remainder by 23 in an alphabet without I, O and S, where Z is 0."""
    return CHECK_ALPHABET[n % 23]


def printable(kind: Kind, typed: str) -> str:
    """`typed` in capitals if it is short, plain, printable ASCII with something in it; else `BadIdentifier`."""
    if len(typed) > LONGEST_TYPED:
        raise BadIdentifier(kind, "This is too long. Enter one identifier and nothing else.")
    if not (typed.isascii() and typed.isprintable()):
        raise BadIdentifier(
            kind, "There is a character here that cannot be used. Type it again with plain letters and digits."
        )
    if not typed.strip():
        raise BadIdentifier(kind, "Nothing has been entered. Enter the identifier.")
    return typed.upper()


def compact(kind: Kind, typed: str, dash: str = "Leave out the hyphen.") -> str:
    """`typed` in capitals without its spaces; `dash` is what to say when a hyphen was used."""
    if len(typed) <= LONGEST_TYPED and not DASHES.isdisjoint(typed):
        raise BadIdentifier(kind, dash)
    return printable(kind, typed).replace(" ", "")


def lettered(kind: Kind, typed: str) -> tuple[str, str]:
    """The body and the check letter of an identifier written with a slash."""
    text = compact(kind, typed, dash="Use a slash, not a hyphen.")
    body, letter = text[:-1], text[-1]
    if letter.isdigit():
        raise BadIdentifier(kind, "The check letter at the end is missing. Add the letter that follows the last digit.")
    if not letter.isalpha():
        raise BadIdentifier(kind, "It must end with its check letter. Remove anything after that letter.")
    if body[-1:].isalpha():
        raise BadIdentifier(kind, "There is more than one letter at the end. Keep only the one check letter.")
    if letter not in CHECK_ALPHABET:
        raise BadIdentifier(
            kind, "The check letter is never I, O or S. Check the last letter, and that no zero or one was meant."
        )
    return body, letter


def must_fit(kind: Kind, n: int, letter: str) -> None:
    """Refuse a check letter that is not the one of `n`."""
    if check_letter(n) != letter:
        raise BadIdentifier(kind, "The last letter does not fit the number. Check each digit.")


def must_match(kind: Kind, shape: re.Pattern[str], text: str, advice: str) -> re.Match[str]:
    """The match of the whole of `text`; `advice` says how the identifier is built when there is none."""
    match = shape.fullmatch(text)
    if match is None:
        raise BadIdentifier(kind, advice)
    return match
