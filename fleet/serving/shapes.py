"""JSON Schema as rows of a table for people: one a field, fields of fields below it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEEPEST = 4
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its name with the names above it, its type, whether it has to be there."""

    name: str
    type: str
    required: bool
    about: str


def rows(schema: Schema, known: Mapping[str, Schema]) -> list[Row]:
    """The fields of a schema; `known` are the schemas that references name, by their last part."""
    return list(_rows(schema, known, "", 0))


def type_of(schema: Schema, known: Mapping[str, Schema]) -> str:
    """What a value is, in a few words."""
    if not isinstance(schema, Mapping):  # true: anything
        return "any"
    if "$ref" in schema:
        target = _resolved(schema, known)
        kind = type_of(target, known)
        return kind if kind != "object" else _name(schema)
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(type_of(one, known) for one in schema[key]))
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}), known)}"
    return _words(schema)


def _words(schema: Schema) -> str:
    kind = schema.get("type", "any")
    text = " | ".join(kind) if isinstance(kind, list) else str(kind)
    limits = [f"{word} {schema[key]}" for key, word in _LIMITS.items() if key in schema]
    text = f"{text} ({schema['format']})" if "format" in schema else text
    return ", ".join([text, *limits])


_LIMITS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "exclusiveMaximum": "below",
    "maxLength": "at most so long:",
}


def _rows(schema: Schema, known: Mapping[str, Schema], above: str, depth: int) -> Iterator[Row]:
    target = _object(schema, known)
    if target is None or depth >= _DEEPEST:
        return
    required = set(target.get("required", ()))
    for name, field in target.get("properties", {}).items():
        whole = f"{above}{name}"
        kind = type_of(field, known)
        about = str(field.get("description", "")) if isinstance(field, Mapping) else ""
        yield Row(whole, kind, name in required, about)
        yield from _rows(field, known, f"{whole}.", depth + 1)


def _object(schema: Schema, known: Mapping[str, Schema]) -> Schema | None:
    """The schema that has fields: itself, or what it refers to, or holds a list of."""
    for _step in range(10):
        if not isinstance(schema, Mapping):
            return None
        if "properties" in schema:
            return schema
        if "$ref" in schema:
            schema = _resolved(schema, known)
        elif schema.get("type") == "array" and isinstance(schema.get("items"), dict):
            schema = schema["items"]
        else:
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ()
            fitting = [one for one in options if one.get("type") != "null"]
            if len(fitting) != 1:
                return None
            schema = fitting[0]
    return None


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _resolved(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    return known.get(_name(schema), {})
