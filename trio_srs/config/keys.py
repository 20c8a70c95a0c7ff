"""The keys of a section, as its class declares them: name, type, default, range, liveness.

Floor 4. Loading, printing, comparing and documenting all go by this one reading of the class.
"""

from __future__ import annotations

import functools
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from trio_srs.units import Within

__all__ = ["Key", "keys", "without_none"]


def without_none(kind: Any) -> Any:
    """The type ``X`` of ``X | None``, and any other type as it is."""
    # A union with a NewType in it is a typing.Union before Python 3.14.
    if get_origin(kind) in {UnionType, Union}:
        return next(arm for arm in get_args(kind) if arm is not type(None))
    return kind


@attrs.frozen
class Key:
    """One setting of a section."""

    name: str
    type: Any
    """As declared, ``| None`` included."""
    default: object
    valid: Within | None
    """The range of a number."""
    live: bool
    """Whether a reload changes it; otherwise a restart does."""
    everywhere: bool = False
    """Whether it is of the whole server, also where others of its section may be given for some
    streams."""

    @property
    def inner(self) -> Any:
        """The type without ``| None``."""
        return without_none(self.type)

    @property
    def optional(self) -> bool:
        """Whether the setting can be ``"off"``, which is None in the class."""
        return self.inner is not self.type


@functools.cache
def keys(section: Any) -> dict[str, Key]:
    """The settings of a section's class, by name, in the order of the class."""
    hints = get_type_hints(section)
    return {
        field.name: Key(
            field.name,
            hints[field.name],
            field.default,
            field.validator if isinstance(field.validator, Within) else None,
            field.metadata.get("live", True),
            field.metadata.get("everywhere", False),
        )
        for field in attrs.fields(section)
        if field.init
    }
