"""What all of these tests share: the files."""

from __future__ import annotations

import pytest

from tests.interop.media import Library


@pytest.fixture(scope="session")
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The media files, made once for all processes of the tests."""
    folder = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        folder = folder.parent
    (folder / "library").mkdir(exist_ok=True)
    return Library(folder / "library")
