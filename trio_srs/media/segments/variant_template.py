"""Several streams as one, to choose from: by what they are called. Floor 1."""

from __future__ import annotations

import re
from typing import Final

import attrs

__all__ = ["VariantMember", "VariantTemplate"]

_TEMPLATE: Final = re.compile(r"([^{}]*)\{([^{}]*)\}([^{}]*)")
_LABEL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BEFORE: Final = "_-."
_BEHIND: Final = "_-./"
_ANY: Final = "*"


@attrs.frozen
class VariantMember:
    """One of the streams of a group."""

    label: str
    """What tells it from the others: ``720p``."""
    key: str
    """Its name in the hub."""


@attrs.frozen
class VariantTemplate:
    """``live/cam_{720p,360p}``: the streams ``live/cam_720p`` and ``live/cam_360p`` are variants of
    ``live/cam``. A ``*`` stands for any text without a slash."""

    labels: tuple[str, ...]
    """In the order in which they are offered."""
    _before: str
    _behind: str
    _group: re.Pattern[str]

    @classmethod
    def read(cls, text: str) -> VariantTemplate:
        """Read a template.

        Raises:
            ValueError: it is none.
        """
        found = _TEMPLATE.fullmatch(text)
        if found is None or text.count(_ANY) > 1 or text.startswith("/"):
            raise ValueError(f'expected such as "live/cam_{{720p,360p}}", not "{text}"')
        before, said, behind = found.groups()
        labels = tuple(said.split(","))
        if not all(map(_LABEL.fullmatch, labels)) or len(set(labels)) < len(labels):
            raise ValueError(f'expected names of variants in "{text}", separated by commas')
        front, back = before, behind
        if front.endswith(tuple(_BEFORE)):
            front = front[:-1]
        elif back.startswith(tuple(_BEHIND)):
            back = back[1:]
        name = front + back
        if "/" not in name.strip("/") or name.endswith("/"):
            raise ValueError(f'"{text}" has no name of its own without its variants')
        group = "(?P<any>[^/]+)".join(map(re.escape, name.split(_ANY)))
        return cls(labels, before, behind, re.compile(group))

    def members(self, key: str) -> tuple[VariantMember, ...]:
        """The streams that are variants of one; none if it is no group of this template.

        Args:
            key: the group's name, as the hub would have it.
        """
        found = self._group.fullmatch(key)
        if found is None:
            return ()
        any_text = found.groupdict().get("any", "")
        before, behind = (each.replace(_ANY, any_text) for each in (self._before, self._behind))
        return tuple(VariantMember(each, f"{before}{each}{behind}") for each in self.labels)
