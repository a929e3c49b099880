"""JSON Schemas in words: what a member is, whether it is needed, and where a shape is described."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from gateway.desk.openapi import asked, component

_REF: Final = "#/components/schemas/"
LONG_LIST: Final = 24

_Schema = Mapping[str, Any]


class Part(Struct, frozen=True):
    """A piece of a description: words, or the name of a shape that has its own."""

    text: str
    shape: str | None = None


class Member(Struct, frozen=True, kw_only=True):
    """One member of a shape."""

    name: str
    needed: bool
    kind: tuple[Part, ...]
    about: str


class Shape(Struct, frozen=True, kw_only=True):
    """A shape and its members."""

    name: str
    about: str
    members: tuple[Member, ...]


def shape(name: str) -> Shape:
    """The shape of this name in the document."""
    schema = component(name)
    members = _members(schema.get("properties", {}), schema.get("required", ()))
    return Shape(name=name, about=schema.get("description", ""), members=members)


def after_the_mark(query: type[Struct]) -> Shape:
    """What may stand after the `?`."""
    return Shape(name=query.__name__, about="", members=_members(asked(query), ()))


def _members(schemas: Mapping[str, _Schema], needed: Collection[str]) -> tuple[Member, ...]:
    return tuple(
        Member(name=name, needed=name in needed, kind=tuple(kind(schema)), about=schema.get("description", ""))
        for name, schema in schemas.items()
    )


def name_of(schema: _Schema) -> str:
    """The name of the shape that a schema refers to."""
    return str(schema["$ref"]).removeprefix(_REF)


def short(name: str) -> str:
    """A shape's name as people read it: two of one name keep their modules' names, and stay apart."""
    return ".".join(name.split(".")[-2:])


def reached(*names: str) -> list[str]:
    """These shapes and all that they are made of, each once."""
    found: dict[str, None] = {}
    todo = list(names)
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = None
            todo += sorted({name_of(each) for each in _references(component(name))})
    return list(found)


def kind(schema: _Schema) -> Iterator[Part]:
    """What a value is, in words."""
    match schema:
        case {"$ref": _}:
            name = name_of(schema)
            yield Part(short(name), name)
        case {"anyOf": branches}:
            for place, branch in enumerate(branches):
                if place:
                    yield Part(" or ")
                yield from kind(branch)
        case {"enum": values}:
            yield Part(_one_of(values))
        case {"const": value}:
            yield Part(_word(value))
        case {"type": "array", "items": dict() as items}:
            yield Part("list of ")
            yield from kind(items)
        case {"type": "object", "additionalProperties": dict() as values}:
            yield Part("object of ")
            yield from kind(values)
        case {"type": str() as plain}:
            yield Part(_plain(plain, schema))
        case _:
            yield Part("any value")


def _plain(plain: str, schema: _Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum", schema.get("maxLength"))
    words = {"integer": "whole number", "string": "text", "boolean": "true or false"}.get(plain, plain)
    limits = [f"from {least}"] if least is not None else []
    limits += [f"up to {most}" + (" characters" if plain == "string" else "")] if most is not None else []
    return " ".join([words, *limits])


def _one_of(values: list[Any]) -> str:
    shown = " | ".join(_word(value) for value in values[:LONG_LIST])
    return shown + (" | …" if len(values) > LONG_LIST else "")


def _word(value: Any) -> str:
    return "null" if value is None else str(value)


def _references(schema: Any) -> Iterator[_Schema]:
    match schema:
        case {"$ref": str()}:
            yield schema
        case dict():
            for value in schema.values():
                yield from _references(value)
        case list():
            for item in schema:
                yield from _references(item)
