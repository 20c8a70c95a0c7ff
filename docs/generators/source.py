"""What the source says of its classes: the strings that stand under attributes, and their types."""

from __future__ import annotations

import ast
import inspect
import textwrap

import attrs

__all__ = ["attribute_docs", "type_of"]


def attribute_docs(cls: type) -> dict[str, str]:
    """The strings that stand under a class's attributes in the source, by attribute name."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    docs = {}
    for node, after in zip(definition.body, definition.body[1:], strict=False):
        match node, after:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                docs[name] = inspect.cleandoc(text)
    return docs


def type_of(field: attrs.Attribute[object]) -> str:
    """The type of a field, without the None that any of them may be."""
    return str(field.type).removesuffix(" | None")
