"""Faults that a test asks for, told from what its server and its clients saw."""

from __future__ import annotations

import math

import pytest

from trio_srs.errors import EndReason
from trio_srs.hub.bus import FaultTaken
from trio_srs.testing import FaultNotTakenError, PublisherProcess, ServerProcess, ServerThread
from trio_srs.testing.channel import ProcessRefusedError

pytestmark = pytest.mark.interop

NAME = "live/cam1"


def test_a_fault_is_taken_told_and_stands_in_the_report() -> None:
    with ServerProcess() as server, server.fault("reset publish", after="5frames", times=1) as it:
        with PublisherProcess(server.url(NAME), seconds=math.inf, audio="none") as publisher:
            publisher.wait()
        report = server.wait_for_end(NAME)
        assert (report.end, report.end_detail) == (EndReason.FAULT, f"{it.name}: {it.text}")
        assert [step.what for step in report.timeline][-2:] == ["fault", "end"]
        assert (it.taken, it.met) == (1, 1)
        [event] = [each.event for each in server.events if isinstance(each.event, FaultTaken)]
        assert event.stream == NAME
        [session] = server.sessions
        assert session.faults == (f"{it.name}: {it.text}",)


def test_one_that_was_asked_for_and_never_done_fails() -> None:
    with ServerThread(faults={"rules": ["late play by=1s"]}) as server:
        with (
            pytest.raises(FaultNotTakenError, match="never done: it fitted nobody who came"),
            server.fault("reset publish times=1"),
        ):
            pass
        server.fault("refuse play times=1")
        server.fault("close publish")  # at any time, or never
        with pytest.raises(FaultNotTakenError, match="refuse play"):
            server.check_faults()


@pytest.mark.parametrize(
    ("text", "words"),
    [("rest publish", "did you mean 'reset'"), ("refuse publish", "contradicts fault-1")],
)
def test_what_is_no_fault_or_contradicts_one_is_refused(text: str, words: str) -> None:
    with (
        ServerThread(faults={"rules": ["refuse publish"]}) as server,
        pytest.raises(ProcessRefusedError, match=words),
    ):
        server.fault(text)
