"""A server in a thread answers as one in a process does."""

from __future__ import annotations

import math

import pytest

from trio_srs.testing import PublisherProcess, ServerThread
from trio_srs.testing.channel import ProcessEndedError, ProcessRefusedError, ProcessSilentError

pytestmark = pytest.mark.interop


def test_it_serves_until_it_is_closed() -> None:
    with (
        ServerThread() as server,
        PublisherProcess(server.url("live/a"), seconds=0.4, speed=math.inf) as publisher,
    ):
        assert publisher.wait() == "complete"
    with pytest.raises(ProcessEndedError, match="the server's thread has ended"):
        server.kick("live/a")
    server.close()


def test_a_configuration_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(ProcessRefusedError, match=r"stream\.publish_busi: unknown key") as refusal:
        ServerThread(stream={"publish_busi": "wait"})
    assert refusal.value.why == "config_error"


def test_two_of_them_know_nothing_of_each_other() -> None:
    with ServerThread() as one, ServerThread() as two:
        assert one.url("live/a") != two.url("live/a")


def test_an_answer_that_does_not_come_is_told() -> None:
    with ServerThread() as server, pytest.raises(ProcessSilentError, match="no answer to 'end'"):
        server._ask("end", 0.0, patience_s=0.0)
