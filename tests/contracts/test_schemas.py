"""The published schemas and examples are those of the contracts, and every validator reads them alike."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

import contracts
from contracts import examples, schemas
from contracts.agreement import load
from contracts.codec import Malformed, decode_strict, encode
from contracts.envelope import Envelope
from contracts.messages import SPECS
from contracts.messages.contact_request import ContactRequest

ROOT = Path(__file__).parents[2]
PUBLISHED = Path(contracts.__file__).parent / "published"
EXAMPLES = examples.generate()
GOOD, BAD = ([path for path in EXAMPLES if f"/{kind}-" in path] for kind in ("good", "bad"))
SAYS_NOT = {"bad-duplicate-member.json"}  # what a validator cannot see: its parser has dropped the first of the two
LIMIT = 32_768


def ecma_pattern(_: object, pattern: str, text: object, __: object) -> Iterator[ValidationError]:
    """ECMA 262's `$` is Python's `\\Z`."""
    if isinstance(text, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), text):
        yield ValidationError("The text does not match its pattern.")


Ecma = extend(Draft202012Validator, {"pattern": ecma_pattern})


def validator(name: str) -> Any:
    return Ecma(json.loads(schemas.published(name) or "null"))


def follows_contract(name: str, text: str) -> bool:
    """Whether our own strict decoder accepts the text."""
    try:
        decode_strict(text.encode(), msgspec.json.Decoder(schemas.contract(name)), LIMIT)
    except Malformed:
        return False
    return True


def test_the_published_schemas_are_those_of_the_contracts() -> None:
    """The files are what `python -m contracts.schemas` writes, and there is no other."""
    written = {path.name: path.read_text("utf-8") for path in PUBLISHED.glob("*.json")}
    assert written == {f"{name}.schema.json": text for name, text in schemas.generate().items()}


def test_the_published_examples_are_those_of_the_program() -> None:
    """The files are what `python -m contracts.examples` writes, and there is no other."""
    folder = PUBLISHED / "examples"
    assert {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.glob("*/*")} == EXAMPLES


def test_every_message_has_a_schema_with_good_and_bad_examples() -> None:
    """To add a message is to add its examples."""
    assert {spec.name for spec in SPECS} == set(examples.good()) == set(examples.BAD)
    for spec in SPECS:
        assert schemas.MESSAGES[f"{spec.name}.v1"] is spec


@pytest.mark.parametrize("name", schemas.NAMES)
def test_each_schema_is_valid_and_tidy(name: str) -> None:
    """It is valid 2020-12, names itself, says what it is, and keeps nothing of Python or OpenAPI."""
    text = schemas.published(name)
    assert text is not None
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == schemas.DIALECT
    assert schema["$id"] == f"urn:rj:schema:{name}"
    assert schema["title"]
    assert schema["description"]
    assert not re.search(r'discriminator|Claims[_\[]|contracts\.|"[^"]*\\n {2,}', text)
    used = set(re.findall(r'"#/\$defs/(\w+)"', text))
    assert used == set(schema.get("$defs", {}))
    assert all(part.get("title") and part.get("description") for part in schema.get("$defs", {}).values())


@pytest.mark.parametrize("name", schemas.NAMES)
def test_patterns_mean_the_same_in_every_engine(name: str) -> None:
    """They are for the whole text, of plain classes and counts: no lookaround, no escape but that of a point."""
    for pattern in map(json.loads, re.findall(r'"pattern": (".*")', schemas.published(name) or "")):
        assert re.fullmatch(r"\^[^$^]+\$", pattern), pattern
        assert not re.search(r"\(\?|\\[^.]", pattern), pattern


@pytest.mark.parametrize("name", ["", "contact-request", "open.v2", "../schemas", "..", "examples", "leaf.schema.json"])
def test_only_known_names_are_published(name: str) -> None:
    """A name is looked up in a fixed list, never made into a path."""
    assert schemas.published("leaf") is not None
    assert schemas.published(name) is None


@pytest.mark.parametrize("path", GOOD)
def test_good_examples_are_accepted(path: str) -> None:
    """By our decoder, strictly, and by their schema."""
    name, text = path.partition("/")[0], EXAMPLES[path]
    assert follows_contract(name, text)
    validator(name).validate(json.loads(text))


@pytest.mark.parametrize("path", BAD)
def test_bad_examples_are_refused(path: str) -> None:
    """By our decoder, and by their schema where JSON Schema can say it."""
    name, file = path.split("/")
    assert not follows_contract(name, EXAMPLES[path])
    assert validator(name).is_valid(json.loads(EXAMPLES[path])) == (file in SAYS_NOT)


def test_examples_name_each_member_of_each_message() -> None:
    """Taken together, the good examples of a message give every member of its body a value."""
    for name, claims in examples.good().items():
        bodies = [one.body for one in claims.values()]
        for field in type(bodies[0]).__struct_fields__:
            assert any(getattr(body, field) is not None for body in bodies), (name, field)


def test_example_requests_are_what_the_sample_agreement_permits() -> None:
    """Whoever copies an example asks for what may be asked for, on the grounds that it needs."""
    agreement = load((ROOT / "deploy/agreement/noms-acpo-v1.toml").read_text("utf-8"))
    for claims in examples.good()["contact-request"].values():
        body = claims.body
        assert isinstance(body, ContactRequest)
        rule = agreement.rule(body.purpose)
        assert rule is not None
        assert set(body.fields) <= set(rule.fields)
        assert {attested.ground for attested in body.grounds} >= set(rule.grounds)
        assert (body.letter is not None) == rule.letter


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_schema_says_which_values_are_sealed(spec: Any) -> None:
    """Each value that must be sealed is in the manifest, and none is that may not be."""
    claims = json.loads(encode(next(iter(examples.good()[spec.name].values()))))
    check = validator(f"{spec.name}.v1")
    ref = {"kid": claims["jti"][:22], "sha256": "A" * 43}
    for field in (*examples.DETAILS, "subject", "reasons"):
        may = field in spec.seals + spec.may_seal
        assert check.is_valid({**claims, "sealed": {**claims["sealed"], field: ref}}) == may
    for field in spec.seals:
        assert not check.is_valid({**claims, "sealed": {}}), field


def test_an_envelope_seals_known_fields_only() -> None:
    """What the decoder says of the keys of a mapping, the schema says too."""
    check = validator("envelope")
    assert check.is_valid(json.loads(encode(Envelope(token="t", sealed={"subject": "AA"}))))
    assert not check.is_valid({"token": "t", "sealed": {"employer": "AA"}})
    assert not follows_contract("envelope", '{"token":"t","sealed":{"employer":"AA"}}')


def test_the_sample_agreement_follows_its_schema() -> None:
    """The document that the parties sign is the one that its schema describes."""
    agreement = load((ROOT / "deploy/agreement/noms-acpo-v1.toml").read_text("utf-8"))
    validator("agreement").validate(json.loads(encode(agreement)))


ROW = re.compile(r"^\| `([a-z-]+)` \| (\w+) → (\w+) \| (.*?) \| .* \| \[schema\]\(\.\./(\S+)\) \|$", re.MULTILINE)


def test_the_reference_lists_every_message() -> None:
    """The table in `docs/contracts.md` has each message in order, what it seals, and where its schema is."""
    rows = ROW.findall((ROOT / "docs/contracts.md").read_text("utf-8"))
    assert [row[0] for row in rows] == [spec.name for spec in SPECS]
    for spec, (_, sender, receiver, sealed, file) in zip(SPECS, rows, strict=True):
        assert sealed == (", ".join(f"`{field}`" for field in spec.seals) or ("details" if spec.may_seal else "–"))
        assert (ROOT / file).resolve() == (PUBLISHED / f"{spec.name}.v1.schema.json").resolve()
        said = f"{sys.modules[spec.body.__module__].__doc__} {spec.body.__doc__}".lower()
        assert f"{sender} → {receiver}" in said, "each contract says itself who speaks to whom"


def test_the_reference_lists_every_other_schema() -> None:
    """Each schema that is not a message's is named in `docs/contracts.md`."""
    text = (ROOT / "docs/contracts.md").read_text("utf-8")
    for name in schemas.NAMES:
        assert f"{name}.schema.json" in text
