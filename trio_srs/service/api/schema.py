"""Our own values in the description of the API (OpenAPI): their types, and what they mean.

Floor 3. An answer is an attrs value in the form that :func:`trio_srs.media.plain.plain` gives it.
What is said under each attribute in the source becomes its description.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Mapping
from fractions import Fraction
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
from litestar.openapi.spec import OpenAPIType, Reference, Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from trio_srs.media.trace import COLUMNS, Frame, Trace
from trio_srs.wire.amf import values

__all__ = ["PlainSchemas", "as_text", "first_paragraph", "meanings"]

_FRACTION: Final = Schema(
    type=OpenAPIType.STRING, pattern=r"^-?[0-9]+/[0-9]+$", description="A fraction, as 25/1."
)


class PlainSchemas(OpenAPISchemaPlugin):
    """Tells Litestar what our values look like as JSON."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Whether this plugin knows the type."""
        return value is Fraction or (inspect.isclass(value) and attrs.has(value))

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """Describe a type that this plugin knows."""
        cls = field_definition.annotation
        if cls is Fraction:
            return _FRACTION
        if cls is Trace:
            return _trace()
        kinds = {name: _as_json(kind) for name, kind in _types(cls).items()}
        schema: Schema = schema_creator.create_component_schema(
            field_definition,
            required=list(kinds),
            property_fields={
                name: FieldDefinition.from_kwarg(kind, name) for name, kind in kinds.items()
            },
        )
        schema.description = first_paragraph(cls.__doc__)
        about = meanings(cls)
        for name, described in (schema.properties or {}).items():
            if isinstance(described, Schema | Reference) and name in about:
                described.description = about[name]
        return schema


def _trace() -> Schema:
    """The columns of a trace: see :meth:`Trace.as_dict`."""
    number = Schema(type=[OpenAPIType.NUMBER, OpenAPIType.NULL])
    column = Schema(type=OpenAPIType.ARRAY, items=number)
    about = dict.fromkeys(COLUMNS, "A number for each frame; see `trio_srs.media.trace`.")
    about |= {name: f"Of each frame: {text}" for name, text in meanings(Frame).items()}
    about |= meanings(Trace)
    parts = {
        "complete": Schema(type=OpenAPIType.BOOLEAN),
        "tracks": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.ARRAY)),
        **dict.fromkeys(COLUMNS, column),
    }
    properties: dict[str, Reference | Schema] = {
        name: dataclasses.replace(part, description=about.get(name)) for name, part in parts.items()
    }
    return Schema(
        type=OpenAPIType.OBJECT,
        description=first_paragraph(Trace.__doc__),
        required=list(properties),
        properties=properties,
    )


def meanings(cls: type) -> dict[str, str]:
    """The text under each attribute of a class, as one line; nothing where there is no source."""
    found: dict[str, str] = {}
    for each in reversed(cls.__mro__):
        if attrs.has(each):
            found |= _own_meanings(each)
    return found


def _own_meanings(cls: type) -> dict[str, str]:
    try:
        [definition] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    except OSError:
        return {}
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in zip(definition.body, definition.body[1:], strict=False):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                found[name] = as_text(words)
    return found


def first_paragraph(text: str | None) -> str:
    """What a docstring says first, as one line."""
    return as_text(inspect.cleandoc(text or "").partition("\n\n")[0])


def as_text(text: str) -> str:
    """A docstring's text on one line, as Markdown has it, in terms of JSON."""
    plain = re.sub(r":\w+:`~?(?:\w+\.)*(\w+)`", r"`\1`", text)
    return " ".join(re.sub(r"\bNone\b", "null", plain).replace("``", "`").split())


def _types(cls: type[attrs.AttrsInstance]) -> dict[str, Any]:
    # AMF values refer to themselves by name.
    hints = get_type_hints(cls, localns=vars(values))
    return {field.name: hints[field.name] for field in attrs.fields(cls)}


def _as_json(kind: Any) -> Any:
    """The type of which Litestar knows the form that a type has as JSON."""
    origin = get_origin(kind)
    if origin in (UnionType, Union):
        return Union[tuple(_as_json(arm) for arm in get_args(kind))]  # noqa: UP007 - made here
    if origin is not None and issubclass(origin, Mapping):
        return dict[str, Any]
    if origin is tuple:
        return tuple.__class_getitem__(tuple(_as_json(arm) for arm in get_args(kind)))
    if inspect.isclass(kind) and issubclass(kind, bytes):
        return str
    return kind
