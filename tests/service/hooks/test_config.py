"""The section: what a URL is, and when hooks are used at all."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.service.hooks.config import Action, HooksConfig


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
