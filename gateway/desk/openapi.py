"""The OpenAPI 3.1 document of the local API, made from the tables of calls: it cannot say less than is served."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from inspect import cleandoc
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import Struct

from contracts.codec import encode
from gateway.desk.calls.call import JSON, Call, Face, File, Look
from gateway.desk.calls.scene import Scene
from gateway.desk.problems import MEDIA_TYPE, DeskProblem
from gateway.desk.replies import Health, Live
from gateway.desk.routes import FACES

OPENAPI: Final = "3.1.0"
BASE: Final = "/v1/agencies/{agency}/"
_REF: Final = "#/components/schemas/{name}"

_Schema = dict[str, Any]
"""A JSON Schema is open by its nature: this module and `json` are its only readers here."""

TITLE: Final = "The local API of a desk"
ABOUT: Final = (
    "What an agency's own system calls. Plain JSON over HTTP on the desk's own machine; no cryptography. Everything of "
    "one agency is under `/v1/agencies/{agency}`. Times are UTC seconds since 1970, days `YYYY-MM-DD`."
)

REFUSALS: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "The `Idempotency-Key` is not one, or the HTTP is not well formed.",
        401: "No key, or not one that fits.",
        403: "The agreement refuses. It is on record at the gateway unless `jti` is absent.",
        404: "Not there for this agency, or not an id.",
        409: "The case is not in a state for this, or it would be done twice.",
        413: "Over 256 KiB, or over 6 MiB where a letter is sent.",
        421: "The `Host` header is not this machine's own name.",
        422: "Something typed needs changing: see `faults`.",
        500: "The desk's own records do not open, or an error of the program.",
        502: "The gateway said something that does not verify. Nothing of it is believed.",
        503: "The gateway is away and the call needs it now, or the desk cannot write to its disk.",
    }
)
OF_A_BODY: Final = (400, 413)
"""What only a call with a body is refused for."""

_PATH_NAMES: Final[Mapping[str, _Schema]] = MappingProxyType(
    {
        "agency": {"type": "string", "description": "The agency, such as prison-mdi.", "pattern": "^[a-z0-9-]{1,40}$"},
        "id": {"type": "string", "format": "uuid", "description": "The case, exchange, message, or other thing."},
        "leaf": {"type": "string", "pattern": "^[0-9]{1,15}$", "description": "A line of the log."},
    }
)


_KEY: Final[_Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A name of your own for what you want done, such as a UUID: the same call again is done once.",
    "schema": {"type": "string", "pattern": "^[!#-\\[\\]-~]{1,200}$"},
}


def document(scene: Scene, server: str) -> bytes:
    """The whole document; examples are of this scene, and `server` is where it is served."""
    schemas = _schemas()
    return encode(
        {
            "openapi": OPENAPI,
            "info": {"title": TITLE, "version": "1", "description": ABOUT},
            "servers": [{"url": server}],
            "tags": [{"name": face.title} for face in FACES],
            "security": [{"key": []}],
            "paths": dict(_paths(scene)),
            "components": {
                "schemas": schemas.components,
                "responses": {str(status): _refusal(text) for status, text in REFUSALS.items()},
                "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A client's own key."}},
            },
        }
    )


class Schemas(Struct, frozen=True, kw_only=True, eq=False):
    """The schema of each shape by its type, and what they refer to by name."""

    by_type: Mapping[type[Struct], _Schema]
    components: Mapping[str, _Schema]


@cache
def _schemas() -> Schemas:
    kinds = list(dict.fromkeys(_kinds()))
    found, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    clean = {name: _clean(schema) for name, schema in sorted(components.items())}
    return Schemas(by_type={kind: _clean(schema) for kind, schema in zip(kinds, found, strict=True)}, components=clean)


def schema_of(kind: type[Struct]) -> _Schema:
    """The schema of a body or an answer, as a reference into `components`."""
    return _schemas().by_type[kind]


def component(name: str) -> _Schema:
    """What a reference refers to."""
    return _schemas().components[name]


def _kinds() -> Iterator[type[Struct]]:
    yield from (DeskProblem, Health, Live)
    for face in FACES:
        yield from (call.body for call in face.calls.values())
        yield from face.answers


def _paths(scene: Scene) -> Iterator[tuple[str, _Schema]]:
    for path in dict.fromkeys(path for face in FACES for path in (*face.looks, *face.calls)):
        yield BASE + path, dict(_operations(path, scene))
    yield "/health/live", {"get": _open_to_all("live", "Ask whether the desk runs", Live)}
    yield "/health/ready", {"get": _open_to_all("ready", "Ask whether the desk can seal and judge", Health, 503)}


def _operations(path: str, scene: Scene) -> Iterator[tuple[str, _Schema]]:
    for face in FACES:
        if path in face.looks:
            yield "get", _looking(path, face, face.looks[path])
        if path in face.calls:
            yield "post", _calling(path, face, face.calls[path], scene)


def _looking(path: str, face: Face, look: Look) -> _Schema:
    return {
        **_about(path, face, look, "get"),
        "parameters": [*_in_path(path), *_in_query(look.query)],
        "responses": {**_answers(look, HTTPStatus.OK), **_refusals(but=OF_A_BODY)},
    }


def _calling(path: str, face: Face, call: Call, scene: Scene) -> _Schema:
    body = {"schema": schema_of(call.body), "example": example_of(call, scene)}
    return {
        **_about(path, face, call, "post"),
        "parameters": [*_in_path(path), _KEY],
        "requestBody": {"required": True, "content": {JSON: body}},
        "responses": {**_answers(call, *call.statuses), **_refusals()},
    }


def _about(path: str, face: Face, call: Call | Look, method: str) -> _Schema:
    told = {"description": call.description} if call.description else {}
    return {
        "operationId": operation_id(method, path),
        "summary": call.summary,
        **told,
        "tags": [face.title],
    }


def operation_id(method: str, path: str) -> str:
    """The name of a call, for generated clients and for links."""
    return f"{method}-{re.sub('[{}]', '', path).replace('/', '-')}"


def example_of(call: Call, scene: Scene) -> object:
    """A body that the call takes, without the members that may be left out and are."""
    return _given(msgspec.to_builtins(call.example(scene)))


def _given(value: object) -> object:
    match value:
        case dict():
            return {name: _given(member) for name, member in value.items() if member not in (None, (), [], {})}
        case list() | tuple():
            return [_given(item) for item in value]
        case _:
            return value


def _in_path(path: str) -> list[_Schema]:
    names = re.findall(r"{([a-z]+)}", BASE + path)
    return [{"name": name, "in": "path", "required": True, "schema": _PATH_NAMES[name]} for name in names]


def _in_query(query: type[Struct]) -> list[_Schema]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in asked(query).items()]


@cache
def asked(query: type[Struct]) -> Mapping[str, _Schema]:
    """The schema of each thing that may stand after the `?`, by its name."""
    _, components = msgspec.json.schema_components([query])
    members: Mapping[str, _Schema] = components[query.__name__].get("properties", {})
    return {name: _without_null(_clean(member)) for name, member in members.items()}


def _without_null(schema: _Schema) -> _Schema:
    """An address has no null: what may be left out is left out."""
    kept = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    branches = [each for each in kept.pop("anyOf", []) if each != {"type": "null"}]
    if "enum" in kept:
        kept["enum"] = [value for value in kept["enum"] if value is not None]
    return {**kept, **(branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else {})}


def _answers(call: Call | Look, *statuses: HTTPStatus) -> _Schema:
    content = {call.media: {} if call.answer is File else {"schema": schema_of(call.answer)}}
    return {str(status.value): {"description": _SAYS[status], "content": content} for status in statuses}


_SAYS: Final[Mapping[HTTPStatus, str]] = MappingProxyType(
    {
        HTTPStatus.OK: "Done.",
        HTTPStatus.CREATED: "Done, and on record.",
        HTTPStatus.ACCEPTED: "Kept: the gateway is away or busy. It goes out later, once.",
    }
)


def _refusals(but: tuple[int, ...] = ()) -> _Schema:
    return {str(each): {"$ref": f"#/components/responses/{each}"} for each in REFUSALS if each not in but}


def _refusal(text: str) -> _Schema:
    return {"description": text, "content": {MEDIA_TYPE: {"schema": schema_of(DeskProblem)}}}


def _open_to_all(name: str, summary: str, answer: type[Struct], *refusals: int) -> _Schema:
    told = {"200": {"description": _SAYS[HTTPStatus.OK], "content": {JSON: {"schema": schema_of(answer)}}}}
    refused = {str(each): {"$ref": f"#/components/responses/{each}"} for each in (*refusals, 421)}
    return {"operationId": f"get-{name}", "summary": summary, "security": [], "responses": {**told, **refused}}


def _clean(schema: Any) -> Any:
    """What msgspec writes, as people and other validators read it."""
    if isinstance(schema, list):
        return [_clean(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {name: _member(name, value) for name, value in schema.items()}


def _member(name: str, value: Any) -> Any:
    match name, value:
        case "description", str():
            return cleandoc(value)
        case "pattern", str():
            # ECMA 262's `$` never matches before a last line feed, and many engines know no lookahead.
            return value.replace(r"$(?!\n)", "$")
        case _:
            return _clean(value)
