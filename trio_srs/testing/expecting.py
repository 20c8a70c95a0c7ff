"""``expect`` for tests: in a run of pytest, one that asks nothing fails its test. Floor 7."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from trio_srs.media.expect import Expectation
from trio_srs.media.expect import expect as _expect
from trio_srs.media.report import StreamReport

__all__ = ["expect"]

_PLUGIN: Final = "trio_srs.testing.plugin"


def expect(
    report: StreamReport,
    *,
    earlier: Sequence[StreamReport] = (),
    source: StreamReport | None = None,
    golden: Mapping[str, StreamReport] | None = None,
) -> Expectation:
    """Begin to say what a publish has to be like: see :func:`trio_srs.media.expect.expect`.

    What the test that pytest runs begins to expect has to be gone on with: ``expect(report)``
    alone would be met by any stream.
    """
    expectation = _expect(report, earlier=earlier, source=source, golden=golden)
    if (plugin := sys.modules.get(_PLUGIN)) is not None:
        caller = sys._getframe(1)
        place = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
        plugin.expectations.append((place, expectation))
    return expectation
