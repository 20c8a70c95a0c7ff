"""The section: what a URL is, and when hooks are used at all."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.service.hooks.config import Action, HookPlatforms, HooksConfig, HookTargets


def test_by_default_nobody_is_called() -> None:
    assert not HooksConfig().is_used


@pytest.mark.parametrize("action", Action)
def test_a_url_of_any_action_is_enough(action: Action) -> None:
    keys: dict[str, Any] = {action.value: ("https://u:p@[::1]:8/x?key=1", "http://b/")}
    config = HooksConfig(**keys)
    assert config.is_used
    assert config.urls_of(action) == ("https://u:p@[::1]:8/x?key=1", "http://b/")


@pytest.mark.parametrize("url", ["", "b/", "ftp://b/", "http://", "http://b/ c", "http://b/\n"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected URLs such as"):
        HooksConfig(on_publish=(url,))


def test_a_virtual_host_goes_by_its_own_urls_or_by_those_of_all() -> None:
    general = HooksConfig(on_play=("http://all/",))
    own = HookTargets(on_publish=("http://own/",))
    off = HookTargets(enabled=False)
    platforms = HookPlatforms(general, {"own": own, "off": off, "silent": HookTargets()})
    assert [platforms.of(name) for name in ("own", "silent", "unknown")] == [own, general, general]
    assert not platforms.of("off").is_used
    assert platforms.is_used
    assert HookPlatforms(HooksConfig(), {"own": own}).is_used
    assert not HookPlatforms(HooksConfig(on_play=("http://all/",), enabled=False)).is_used
