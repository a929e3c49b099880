"""The published JSON Schemas (2020-12): one for each message's claims, for replies, documents and leaves.

Generated from the contracts into `contracts/published/`; a test fails when the two differ. To write them anew:
`python -m contracts.schemas`. What JSON Schema cannot say, duplicate members and `1.0` for `1`, the decoders refuse.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

import msgspec

from contracts.agreement import Agreement
from contracts.case_record import CaseRecords
from contracts.directory import Directory, SignedDocument
from contracts.envelope import Claims, Envelope, Reading
from contracts.event import Leaf
from contracts.evidence import Bundled, Evidence
from contracts.messages import SPECS, Spec
from contracts.reply import DecisionClaims, ExchangeView, Inbox, NoticeClaims, Problem, Reply
from contracts.vocabulary import SealedField

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_DEFS: Final = "#/$defs/"

_Schema = dict[str, Any]
"""A JSON Schema is open by its nature: this module and `json` are its only readers here."""

MESSAGES: Final[Mapping[str, Spec]] = MappingProxyType({f"{spec.name}.v1": spec for spec in SPECS})
"""Messages by the name of the schema of their claims."""

_OTHERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "envelope": Envelope,
        "reading": Reading,
        "decision": DecisionClaims,
        "notice": NoticeClaims,
        "reply": Reply,
        "inbox": Inbox,
        "exchange-view": ExchangeView,
        "problem": Problem,
        "case-records": CaseRecords,
        "evidence": Evidence,
        "evidence-bundle": Bundled,
        "agreement": Agreement,
        "directory": Directory,
        "signed-document": SignedDocument,
        "leaf": Leaf,
    }
)
_LEAF: Final = "What a line of the log publishes: two commitments, or the digest of a signed document."

_SEALED_FIELD: Final = {"enum": sorted(get_args(SealedField))}

_TABLE: Final = "| message | from → to | seals | says | claims |\n|---|---|---|---|---|\n"

NAMES: Final[tuple[str, ...]] = (*MESSAGES, *_OTHERS)


def published(name: str) -> str | None:
    """The text of the schema of this name, or None if there is none. The name is compared, never made into a path."""
    return _texts().get(name)


@cache
def _texts() -> Mapping[str, str]:
    folder = files("contracts") / "published"
    return {name: (folder / f"{name}.schema.json").read_text("utf-8") for name in NAMES}


def generate() -> dict[str, str]:
    """Each schema's text by its name, as it should be published."""
    return {name: _text(name) for name in NAMES}


def contract(name: str) -> Any:
    """The type that the schema of this name describes. Raises KeyError for a name that is not in `NAMES`."""
    spec = MESSAGES.get(name)
    return Claims[spec.body] if spec else _OTHERS[name]  # type: ignore[name-defined]  # a contract chosen at run time


def _text(name: str) -> str:
    (root,), defs = msgspec.json.schema_components([contract(name)], ref_template=_DEFS + "{name}")
    if "$ref" in root:
        root = defs.pop(root["$ref"].removeprefix(_DEFS))
    if name in MESSAGES:
        root, defs = _claims(MESSAGES[name], root, defs)
    if name == "leaf":
        root = {"title": "Leaf", "description": _LEAF, **root}
    named = {"$schema": DIALECT, "$id": f"urn:rj:schema:{name}", **_clean(root)}
    if defs:
        named["$defs"] = {key: _clean(schema) for key, schema in defs.items()}
    return json.dumps(named, indent=2, ensure_ascii=False) + "\n"


def _claims(spec: Spec, root: _Schema, defs: dict[str, _Schema]) -> tuple[_Schema, dict[str, _Schema]]:
    """The claims of one message: named after it, with the manifest that it must and may have, and no other."""
    fields = (*spec.seals, *spec.may_seal)
    manifest = {
        "description": "One entry for each sealed value of the envelope.",
        "type": "object",
        "properties": {field: {"$ref": _DEFS + "SealedRef"} for field in fields},
        "required": list(spec.seals),
        "additionalProperties": False,
    }
    named = {
        **root,
        "title": f"Claims of {spec.name}",
        "description": f"The claims of a token of type `{spec.typ}`. {root['description']}",
        "properties": {**root["properties"], "sealed": manifest},
    }
    return named, {key: schema for key, schema in defs.items() if fields or key != "SealedRef"}


def _clean(schema: Any) -> Any:
    """What msgspec writes, as people and other validators read it."""
    if isinstance(schema, list):
        return [_clean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # `discriminator` is OpenAPI's; the `const` of each branch says the same.
    cleaned = dict(_member(key, value) for key, value in schema.items() if key != "discriminator")
    # Every mapping of the contracts is by sealed field, which msgspec leaves unsaid.
    return (
        {**cleaned, "propertyNames": _SEALED_FIELD}
        if isinstance(cleaned.get("additionalProperties"), dict)
        else cleaned
    )


def _member(key: str, value: Any) -> tuple[str, Any]:
    match key, value:
        case "description", str():
            return key, cleandoc(value)
        case "pattern", str():
            # ECMA 262's `$` never matches before a last line feed, and many engines know no lookahead.
            return key, value.replace(r"$(?!\n)", "$")
        case "enum", [only]:
            return "const", only
        case _:
            return key, _clean(value)


def reference() -> str:
    """The table of messages in `docs/contracts.md`."""
    return "".join(
        f"| `{spec.name}` | {spec.by} → {spec.to} | {_sealed(spec)} | {spec.says} | "
        f"[schema](../contracts/published/{name}.schema.json) |\n"
        for name, spec in MESSAGES.items()
    )


def _sealed(spec: Spec) -> str:
    return ", ".join(f"`{field}`" for field in spec.seals) or ("details" if spec.may_seal else "–")


def main() -> None:
    """Write every schema beside this file, and the table of messages into the documentation."""
    folder = Path(__file__).parent / "published"
    folder.mkdir(exist_ok=True)
    for name, text in generate().items():
        (folder / f"{name}.schema.json").write_text(text, "utf-8")
    page = Path(__file__).parents[1] / "docs" / "contracts.md"
    before, header, after = page.read_text("utf-8").partition(_TABLE)
    page.write_text(before + header + reference() + after[after.index("\n\n") + 1 :], "utf-8")


if __name__ == "__main__":
    main()
