"""The table of sections says what the configuration's class says."""

from __future__ import annotations

from typing import Any, get_type_hints

import attrs

from trio_srs.config.schema import Config
from trio_srs.config.sections import SCOPES, SECTIONS


def test_each_section_is_a_field_of_its_type() -> None:
    classes: dict[str, Any] = {each.class_name: each.kind for each in SECTIONS.values()}
    hints = get_type_hints(Config, localns={**classes, "HookPlatforms": object})
    fields = [field.name for field in attrs.fields(Config) if field.init]
    assert {name: hints[name] for name in fields} == {
        name: section.type for name, section in SECTIONS.items()
    }
    assert fields == [*SECTIONS]


def test_scopes_have_settings_of_streams() -> None:
    kinds = {name: each.kind for name, each in SECTIONS.items()}
    assert tuple(name for name in kinds if "settings" in attrs.fields_dict(kinds[name])) == SCOPES
