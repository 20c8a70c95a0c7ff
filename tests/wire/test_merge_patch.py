"""JSON merge patches (RFC 7396)."""

from __future__ import annotations

from typing import Any

from trio_srs.wire.merge_patch import lay_patch


def test_a_patch_lies_over_what_was_no_table() -> None:
    under: dict[str, Any] = {"a": 1, "b": {"c": 2, "d": 3}}
    lay_patch({"a": {"x": 1}, "b": {"c": None}}, under)
    assert under == {"a": {"x": 1}, "b": {"d": 3}}
