"""A browser is started once, and looked at once; see :mod:`tests.browser.watching`."""

from __future__ import annotations

import pytest
import trio

from tests.browser.chromium import CHROMIUM
from tests.browser.watching import Seen, see_all


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """All that was seen."""
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    return trio.run(see_all, tmp_path_factory.mktemp("browser"))
