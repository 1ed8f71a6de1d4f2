"""JSON to records and back. The types of the fields say how; nothing is listed twice."""

from __future__ import annotations

import dataclasses
import functools
import types
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .records import Body, MessageBody, UnknownBody

T = TypeVar("T")


class Malformed(ValueError):
    """Something that should be a record is none; the words say what is missing."""


#: The bodies that are known, by their names on the wire.
BODIES: dict[str, type[Body]] = {
    body.kind: body
    for body in (*Body.__subclasses__(), *MessageBody.__subclasses__())
    if body not in (MessageBody, UnknownBody)
}


def decode(kind: type[T], value: object) -> T:
    """A value of JSON as `kind`."""
    made: T = _decode(kind, value)
    return made


def decode_list(kind: type[T], value: object) -> list[T]:
    """A list of JSON as a list of `kind`."""
    made: list[T] = _decode(list[kind], value)  # type: ignore[valid-type]
    return made


def encode(value: object) -> Any:
    """A record as JSON. Bodies are written without their kind: commands name it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {wire: encode(getattr(value, name)) for name, wire, _, _ in _fields(type(value))}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


@functools.cache
def _fields(kind: type) -> tuple[tuple[str, str, Any, bool], ...]:
    """The fields of a record: name, name on the wire, type, and whether it must be there."""
    hints = get_type_hints(kind)
    return tuple(
        (
            each.name,
            each.metadata.get("wire", each.name),
            hints[each.name],
            each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING,
        )
        for each in dataclasses.fields(kind)
    )


def _decode(kind: Any, value: Any) -> Any:
    if kind is Body:
        return _body(value)
    if dataclasses.is_dataclass(kind):
        return _record(kind, value)
    origin = get_origin(kind)
    if origin is list:
        (item,) = get_args(kind)
        return [_decode(item, each) for each in value or ()]
    if origin is dict:
        return dict(value or {})
    if origin is Union or origin is types.UnionType:
        given = [each for each in get_args(kind) if each is not type(None)]
        return None if value is None else _decode(given[0], value)
    # Words and plain values come as they are: a newer server may have more words.
    assert origin is Literal or kind in (int, str, bool, object), kind
    return value


def _record(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise Malformed(f"a {kind.__name__} should be an object, but {value!r} came")
    given: dict[str, Any] = {}
    for name, wire, hint, needed in _fields(kind):
        if wire in value:
            given[name] = _decode(hint, value[wire])
        elif _may_be_absent(hint):
            given[name] = None
        elif needed:
            raise Malformed(f"a {kind.__name__} came without {wire}")
    return kind(**given)


def _may_be_absent(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _body(value: Any) -> Body:
    if not isinstance(value, dict) or len(value) != 1:
        raise Malformed(f"a body should be an object of one kind, but {value!r} came")
    ((name, fields),) = value.items()
    known = BODIES.get(name)
    if known is None:
        return UnknownBody(name, fields if isinstance(fields, dict) else {})
    body: Body = _record(known, fields)
    return body
