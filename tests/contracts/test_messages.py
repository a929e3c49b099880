"""Every message is read in one way only: each member there, once, of its type and within its limits, and no other."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import inspect

from contracts import examples, schemas
from contracts.codec import Malformed, decode_strict, encode
from contracts.messages import BY_BODY, BY_TYP, SPECS, Spec

LIMIT = 32_768
GOOD = examples.good()
NOT = object()
MARK = "\ufdd0"
Path = tuple[str | int, ...]

each_message = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)


@cache
def decoder(spec: Spec) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(schemas.contract(f"{spec.name}.v1"))


@cache
def schema(spec: Spec) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schemas.published(f"{spec.name}.v1") or "null"))


def accepted(spec: Spec, document: object) -> bool:
    """Whether the claims are read; whatever is not is refused in words that hold nothing of the input."""
    try:
        decode_strict(json.dumps(document).encode(), decoder(spec), LIMIT)
    except Malformed as error:
        refusal = str(error) + error.where
    else:
        return True
    assert MARK not in refusal
    return False


def good(spec: Spec) -> list[dict[str, Any]]:
    return [json.loads(encode(claims)) for claims in GOOD[spec.name].values()]


def put(document: Any, path: Path, value: object) -> Any:
    """The document with another value at the path, or without that member (`NOT`)."""
    if not path:
        return value
    first, *rest = path
    changed = document.copy()
    changed[first] = put(document.get(first) if isinstance(document, dict) else document[first], tuple(rest), value)
    if changed[first] is NOT:
        del changed[first]
    return changed


def places(shape: inspect.Type, value: Any, path: Path = ()) -> Iterator[tuple[Path, inspect.Type, Any]]:
    """Each place of a document with its contract, from the outside in."""
    shape = bare(shape)
    yield path, shape, value
    match branch(shape, value):
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from places(field.type, value[field.encode_name], (*path, field.encode_name))
        case inspect.DictType(value_type=inner):
            for key, item in value.items():
                yield from places(inner, item, (*path, key))
        case inspect.VarTupleType(item_type=inner):
            for index, item in enumerate(value):
                yield from places(inner, item, (*path, index))


def bare(shape: inspect.Type) -> inspect.Type:
    return shape.type if isinstance(shape, inspect.Metadata) else shape


def branches(shape: inspect.Type) -> tuple[inspect.Type, ...]:
    return tuple(map(bare, shape.types)) if isinstance(shape, inspect.UnionType) else (shape,)


def branch(shape: inspect.Type, value: Any) -> inspect.Type:
    """The branch of a union that the value takes."""
    if value is None:
        return inspect.NoneType()
    (taken,) = (
        one
        for one in branches(shape)
        if not isinstance(one, inspect.NoneType)
        and (not isinstance(one, inspect.StructType) or one.tag is None or one.tag == value[one.tag_field])
    )
    return taken


JSON_OF = {
    inspect.StrType: str,
    inspect.LiteralType: str,
    inspect.IntType: int,
    inspect.BoolType: bool,
    inspect.NoneType: type(None),
    inspect.StructType: dict,
    inspect.DictType: dict,
    inspect.VarTupleType: list,
}
WRONG: tuple[object, ...] = (None, True, False, 0, 1, 1.0, 1.5, 1e3, "1", "true", "", MARK, [], [MARK], {}, {MARK: 1})


def wrong_for(shape: inspect.Type) -> Iterator[object]:
    """JSON values of other types than the contract's; for objects and lists also what cannot be one of theirs."""
    kinds = {JSON_OF[type(one)] for one in branches(shape)}
    yield from (value for value in WRONG if type(value) not in kinds)
    if kinds & {str, dict, list}:
        yield from (MARK,) if str in kinds else ({MARK: 1}, [MARK])


@each_message
def test_good_claims_are_read(spec: Spec) -> None:
    """What the tests below spoil is accepted before, and comes back as it was."""
    for document in good(spec):
        assert accepted(spec, document)
        assert json.loads(encode(decode_strict(encode(document), decoder(spec), LIMIT))) == document


@each_message
def test_an_unknown_member_is_refused_wherever_it_stands(spec: Spec) -> None:
    """In the claims, in the body, in every object inside them."""
    for document in good(spec):
        objects = [path for path, _, value in places(inspect.type_info(decoder(spec).type), document)
                   if isinstance(value, dict)]  # fmt: skip
        assert {(), ("actor",), ("agreement",), ("sealed",), ("body",)} <= set(objects)
        for path in objects:
            assert not accepted(spec, put(document, (*path, MARK), "x")), path


@each_message
def test_each_required_member_is_required(spec: Spec) -> None:
    """Without it the message is refused; a member with a default may be left out."""
    for document in good(spec):
        for path, shape, value in places(inspect.type_info(decoder(spec).type), document):
            if isinstance(shape := branch(shape, value), inspect.StructType):
                for field in shape.fields:
                    without = put(document, (*path, field.encode_name), NOT)
                    assert accepted(spec, without) != field.required, (path, field.name)
                if shape.tag is not None:
                    assert not accepted(spec, put(document, (*path, shape.tag_field or ""), NOT))


@each_message
def test_a_value_of_another_type_is_refused(spec: Spec) -> None:
    """Nothing is converted: no boolean for a number, no float, no text for a number, no null where none is meant."""
    tried = 0
    for document in good(spec):
        for path, shape, _ in places(inspect.type_info(decoder(spec).type), document):
            for wrong in wrong_for(shape):
                assert not accepted(spec, put(document, path, wrong)), (path, wrong)
                tried += 1
    assert tried > 100


@each_message
def test_texts_are_exact(spec: Spec) -> None:
    """A line feed, a space or one more character at either end is refused, and so is the empty text."""
    tried = 0
    for document in good(spec):
        for path, _, value in places(inspect.type_info(decoder(spec).type), document):
            if isinstance(value, str):
                for text in (value + "\n", "\n" + value, value + " ", value + "\0", value + "A" * 200, ""):
                    assert not accepted(spec, put(document, path, text)), (path, text)
                    tried += 1
    assert tried > 50


@each_message
def test_numbers_have_limits(spec: Spec) -> None:
    """Below the least, beyond the greatest, and beyond what other readers can hold."""
    for document in good(spec):
        for path, _, value in places(inspect.type_info(decoder(spec).type), document):
            if type(value) is int:
                for number in (-2, -(2**63), 2**53 + 1, 2**64):
                    assert not accepted(spec, put(document, path, number)), (path, number)


@each_message
def test_lists_have_limits(spec: Spec) -> None:
    """However often a word that is allowed is repeated, a list is refused before it grows long."""
    for document in good(spec):
        for path, _, value in places(inspect.type_info(decoder(spec).type), document):
            if isinstance(value, list) and value:
                assert not accepted(spec, put(document, path, value * 14)), path


@each_message
def test_a_member_named_twice_is_refused(spec: Spec) -> None:
    """In every object, with the same value or another, whichever of the two a careless reader would take."""
    for document in good(spec):
        for path, _, value in places(inspect.type_info(decoder(spec).type), document):
            for name in value if isinstance(value, dict) else ():
                once = f"{json.dumps(name)}: {json.dumps(value[name])}"
                marked = json.dumps(put(document, (*path, name), MARK))
                twice = marked.replace(f"{json.dumps(name)}: {json.dumps(MARK)}", f"{once}, {once}")
                assert twice.count(once) >= 2
                with pytest.raises(Malformed):
                    decode_strict(twice.encode(), decoder(spec), LIMIT)


def test_each_message_has_its_own_type_and_body() -> None:
    """A token of one message can never be read as another's."""
    assert len(BY_TYP) == len(BY_BODY) == len(SPECS) == len({spec.name for spec in SPECS})


@pytest.mark.parametrize("name", GOOD)
def test_no_claim_and_no_body_can_hold_free_text(name: str) -> None:
    """Every text of a contract is a word of a closed list or follows a pattern of a limited length without spaces."""
    (spec,) = (spec for spec in SPECS if spec.name == name)
    texts = list(texts_of(inspect.type_info(decoder(spec).type)))
    assert texts
    for text in texts:
        assert text.pattern is not None
        assert text.max_length is not None
        assert text.max_length <= 120
        assert " " not in text.pattern


def texts_of(shape: inspect.Type) -> Iterator[inspect.StrType]:
    match bare(shape):
        case inspect.StrType() as text:
            yield text
        case inspect.UnionType(types=types):
            for one in types:
                yield from texts_of(one)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from texts_of(field.type)
        case inspect.DictType(key_type=key, value_type=value):
            yield from texts_of(key)
            yield from texts_of(value)
        case inspect.VarTupleType(item_type=item):
            yield from texts_of(item)


# Whatever a contract allows


def values(shape: inspect.Type) -> st.SearchStrategy[Any]:
    """JSON that follows the contract, its members in the contract's order."""
    match bare(shape):
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern.replace(r"$(?!\n)", r"\Z"))
        case inspect.IntType(ge=least, le=greatest):
            return st.integers(least, greatest)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType(values=words):
            return st.sampled_from(words)
        case inspect.UnionType(types=types):
            return st.one_of([values(one) for one in types])
        case inspect.VarTupleType(item_type=item, min_length=least, max_length=greatest):
            return st.lists(values(item), min_size=least or 0, max_size=min(greatest or 4, 4))
        case inspect.StructType(fields=fields, tag=tag, tag_field=tag_field):
            members = {field.encode_name: values(field.type) for field in fields}
            return in_order({tag_field: st.just(tag), **members} if tag_field else members)
        case other:
            raise NotImplementedError(other)


@cache
def claims(spec: Spec) -> st.SearchStrategy[dict[str, Any]]:
    """Claims of the message, with a manifest that its contract allows."""
    shape = inspect.type_info(decoder(spec).type)
    assert isinstance(shape, inspect.StructType)
    members: dict[str, st.SearchStrategy[Any]] = {}
    for field in shape.fields:
        if isinstance(kind := bare(field.type), inspect.DictType):
            ref = values(kind.value_type)
            members[field.name] = st.fixed_dictionaries(
                dict.fromkeys(spec.seals, ref), optional=dict.fromkeys(spec.may_seal, ref)
            )
        else:
            members[field.name] = values(field.type)
    return in_order(members)


def in_order(members: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with its members in this order, which Hypothesis does not promise."""
    return st.fixed_dictionaries(members).map(lambda drawn: {name: drawn[name] for name in members})


@each_message
@settings(max_examples=10)
@given(data=st.data())
def test_whatever_a_contract_allows_comes_back_and_follows_the_schema(spec: Spec, data: st.DataObject) -> None:
    """Read and written again it is the same bytes, and the published schema allows it too."""
    raw = encode(data.draw(claims(spec)))
    assert encode(decode_strict(raw, decoder(spec), LIMIT)) == raw
    schema(spec).validate(json.loads(raw))
