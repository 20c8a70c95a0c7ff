"""Tests of unittest with a server of their own."""

from __future__ import annotations

import io
import unittest
from contextlib import redirect_stderr
from typing import ClassVar

import pytest

from trio_srs.testing import RtmpServerTestCase
from trio_srs.testing.starting import Sections

pytestmark = pytest.mark.interop


def outcome_of(test: unittest.TestCase) -> tuple[unittest.TestResult, str]:
    """What came of it, and what was told on standard error."""
    result, told = unittest.TestResult(), io.StringIO()
    with redirect_stderr(told):
        test.run(result)
    return result, told.getvalue()


class Replaced(RtmpServerTestCase):
    rtmp_server_sections: ClassVar[Sections] = {"stream": {"publish_busy": "replace"}}
    __test__ = False  # it is run by ours

    def runTest(self) -> None:
        first = self.rtmp_publisher("live/a")
        self.rtmp_publisher("live/a")
        first.wait()
        self.rtmp_player("live/a").wait_for_frames(1)
        assert self.rtmp_server.reports("live/a")[0].end == "replaced"


class Wrong(RtmpServerTestCase):
    rtmp_server_config = "[app.live]\npublish_busy = 'replace'"
    __test__ = False

    def runTest(self) -> None:
        self.rtmp_publisher("live/a", seconds=0.4, speed=100.0).wait()
        self.fail("as it has to")


class NeverDone(RtmpServerTestCase):
    __test__ = False

    def runTest(self) -> None:
        self.rtmp_server.fault("refuse publish", times=1)


def test_a_test_has_a_server_publishers_and_players() -> None:
    test = Replaced()
    result, told = outcome_of(test)
    assert (result.failures, result.errors, told) == ([], [], "")
    assert test.rtmp_server.is_over


def test_what_the_server_of_a_test_that_failed_has_seen_is_told() -> None:
    result, told = outcome_of(Wrong())
    assert len(result.failures) == 1
    assert "RTMP at rtmp://127.0.0.1:" in told
    assert "live/a" in told


def test_a_fault_that_was_never_done_fails_the_test() -> None:
    result, _ = outcome_of(NeverDone())
    [(_, text)] = result.failures
    assert "was never done" in text
