"""What reads the claims of each message, by the type of its token."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from contracts.envelope import Claims
from contracts.messages import SPECS, Body

CLAIMS: Final[Mapping[str, msgspec.json.Decoder[Claims[Body]]]] = MappingProxyType(
    {spec.typ: msgspec.json.Decoder(Claims[spec.body]) for spec in SPECS}  # type: ignore[name-defined]  # a type made from a value
)
