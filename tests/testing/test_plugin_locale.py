"""The plugin where Python writes ASCII: containers and cron jobs have no other locale."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.project import Project

pytestmark = pytest.mark.interop


def test_names_beyond_ascii_are_published_kept_and_told_under_a_c_locale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    project = Project(tmp_path, is_fresh=True)
    project.write("""
        from pathlib import Path
        from trio_srs.testing import expect

        def test_that_fails(rtmp_server, rtmp_publisher):
            rtmp_publisher("live/käm-日本", "h264:320x240@25", seconds=0.4).wait()
            report = rtmp_server.wait_for_end("live/käm-日本")
            assert Path(report.captured).stat().st_size > 1000
            expect(report).video(fps=7)
    """)
    outcome = project.run()
    assert outcome.counts == (0, 1, 0), outcome.output
    assert "video.fps: expected 7 fps, seen: 25 fps" in outcome.output
    assert "\nlive/k\\xe4m-\\u65e5\\u672c, published by 127.0.0.1" in outcome.output
    assert "\nkept in " in outcome.output  # on a line of its own
