"""Servers that tests of somebody's project share, by pytest's scopes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.project import Project

pytestmark = pytest.mark.interop

CONFTEST = """
    import pytest

    @pytest.fixture(scope="session")
    def rtmp_server(rtmp_session_server_factory):
        return rtmp_session_server_factory()

    @pytest.fixture(scope="module")
    def of_module(rtmp_module_server_factory):
        return rtmp_module_server_factory()

    @pytest.fixture(scope="session")
    def seen():
        return {"session": set(), "module": set()}
    """
FIRST = """
    import pytest

    @pytest.mark.parametrize("name", ["live/a", "live/b"])
    def test_it(rtmp_server, of_module, rtmp_publisher, seen, name):
        rtmp_publisher(name, seconds=0.4, speed=100.0).wait()
        rtmp_server.wait_for_end(name)
        seen["session"].add(rtmp_server.pid)
        seen["module"].add(of_module.pid)
    """
SECOND = """
    def test_it(rtmp_server, of_module, seen):
        seen["session"].add(rtmp_server.pid)
        seen["module"].add(of_module.pid)
        assert {kind: len(pids) for kind, pids in seen.items()} == {"session": 1, "module": 2}
        assert rtmp_server.streams == ("live/a", "live/b")

    def test_wrong(rtmp_server):
        rtmp_server.wait_for_publish("live/c", timeout=0.05)

    def test_wrong_as_well(rtmp_server):
        rtmp_server.wait_for_publish("live/d", timeout=0.05)

    def test_another(of_module):
        assert False, "and nothing of the other server"
    """


def test_a_server_is_as_wide_as_its_factory_and_told_of_with_each_test_that_uses_it(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.write(CONFTEST, "conftest.py")
    project.write(FIRST, "test_first.py")
    project.write(SECOND, "test_second.py")
    outcome = project.run("--strict-markers")
    assert outcome.counts == (3, 3, 0), outcome.output
    failures, _, _ = outcome.output.partition("short test summary")  # whole messages, if CI is set
    sections = failures.split("RTMP at ")
    assert len(sections) == 4
    assert all("live/a" in section for section in sections[1:3])
    assert "live/a" not in sections[3]
