"""What can go wrong with keys. Each message is static: it says what to change and never repeats the input.

ValueError
├── BadKey        (keys.ed25519) not a key that may be trusted: wrong length, small order, not canonical
├── TokenRefused  not a token signed by the key it names
├── SealRefused   a value that cannot be sealed, or does not open in this place
└── VaultLocked   the vault does not open
LookupError
└── NoSuchKey     the vault does not hold this key
"""

from typing import Final

REFUSED: Final = "The token is refused: sign the claims anew with a key that the directory lists as valid."
NOT_OPENED: Final = "The sealed value does not open here: it is damaged, or was sealed for another place or key."
NOT_UNLOCKED: Final = "The vault does not open: check the passphrase or unlock key, or restore the file from a backup."
NOT_HELD: Final = "The vault does not hold this key: look for it in the agency's older vaults."


class TokenRefused(ValueError):
    """One refusal, in the same words for every flaw: whoever tries tokens learns nothing from it."""

    def __init__(self) -> None:
        super().__init__(REFUSED)


class SealRefused(ValueError):
    """What fails in opening is said in the same words always; what fails in sealing is the caller's to mend."""

    def __init__(self, message: str = NOT_OPENED) -> None:
        super().__init__(message)


class VaultLocked(ValueError):
    """A wrong secret and a damaged file look the same."""

    def __init__(self, message: str = NOT_UNLOCKED) -> None:
        super().__init__(message)


class NoSuchKey(LookupError):
    """The vault holds no key of this name."""

    def __init__(self) -> None:
        super().__init__(NOT_HELD)
