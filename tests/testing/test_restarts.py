"""What becomes of a publisher whose server goes away and comes back."""

from __future__ import annotations

import subprocess
import time

import pytest

from tests.interop.media import Library
from tests.interop.programs import FFMPEG, ffmpeg
from trio_srs.errors import EndReason
from trio_srs.hub.reconnect import ReconnectTimestamps
from trio_srs.testing import PublisherProcess, ServerProcess

pytestmark = pytest.mark.interop

NAME = "live/cam1"


def test_a_server_that_was_gone_listens_where_it_did_and_knows_what_was() -> None:
    with ServerProcess() as server:
        with PublisherProcess(server.url(NAME), seconds=60, audio="none") as publisher:
            server.wait_for_frames(NAME, 2)
            began = time.monotonic()
            server.stop_for("100ms")
            assert time.monotonic() - began >= 0.1
            publisher.wait()
        with PublisherProcess(server.url(NAME), seconds=60, audio="none"):
            server.wait_for_frames(NAME, 2)
            [gone, _] = server.reports(NAME)
            assert gone.end is EndReason.SHUTDOWN
            [back] = server.reconnects(NAME)
        assert back.timestamps is ReconnectTimestamps.BEGIN_ANEW
        assert [each.outcome for each in back.attempts] == ["published"]
        assert back.back_after_s is not None
        assert back.pauses_s == (back.attempts[0].after_s,)


def test_a_server_that_was_killed_is_started_anew_on_its_ports() -> None:
    with ServerProcess() as server:
        url, addresses = server.url(NAME), server.addresses
        with PublisherProcess(url, seconds=60, audio="none"):
            server.wait_for_frames(NAME, 2)
            server.vanish()
            assert server.is_over
        server.restart()
        assert server.addresses == addresses
        with PublisherProcess(url, seconds=60, start_ms=60_000, audio="none"):
            server.wait_for_frames(NAME, 2)
            server.restart()
        first, second = server.reports(NAME)
        assert first.end is None  # nobody was left to see it
        assert second.end is EndReason.SHUTDOWN
        [killed, stopped] = server.reconnects(NAME)
        assert (killed.end, stopped.end) == (None, EndReason.SHUTDOWN)
        assert [each.outcome for each in killed.attempts] == ["published"]
        assert killed.timestamps is ReconnectTimestamps.GO_ON
        assert killed.back_after_s is not None
        assert second.facts.clock.first_ms == 60_000
        assert len(server.sessions) == 2


def test_an_encoder_of_others_comes_back_with_the_timestamps_that_it_had(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """ffmpeg's fifo muxer: tried at once, and timestamps go on."""
    source = Library(tmp_path_factory.getbasetemp()).file("avc_aac")
    with ServerProcess() as server:
        fault = server.fault("reset publish after=500ms times=1")
        fifo = [
            "-f",
            "fifo",
            "-fifo_format",
            "flv",
            "-attempt_recovery",
            "1",
            "-recover_any_error",
            "1",
        ]
        command = ffmpeg(FFMPEG, "-re", "-stream_loop", "-1", "-i", str(source), "-map", "0")
        command += ["-c", "copy", *fifo, server.url(NAME)]
        with subprocess.Popen(command) as encoder:
            server.wait_for_end(NAME)
            server.wait_for_frames(NAME, 5, since=server.last_event)
            encoder.kill()
        [back, *_] = server.reconnects(NAME)
        assert (back.end, back.end_detail) == (EndReason.FAULT, f"{fault.name}: {fault.text}")
        assert back.timestamps is ReconnectTimestamps.GO_ON
        assert back.lost_ms is not None
