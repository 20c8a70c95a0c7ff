"""A server for tests of :mod:`unittest`, as pytest's have it by fixtures. Floor 7.

class EncoderTest(RtmpServerTestCase):
    def test_it_publishes(self):
        subprocess.run([*encoder, self.rtmp_server.url("live/cam1")], check=True)
        expect(self.rtmp_server.wait_for_end("live/cam1")).healthy()
"""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

from trio_srs.testing.clients import PlayerProcess, PublisherProcess
from trio_srs.testing.fixtures import Clients, Servers
from trio_srs.testing.server_process import ServerProcess
from trio_srs.testing.starting import Sections, StartPlayer, StartPublisher

__all__ = ["RtmpServerTestCase"]


class RtmpServerTestCase(unittest.TestCase):
    """Each test has a server of its own, in a process of its own, on a free port.

    When a test is over its server must have given back whatever it held for its sessions, and have
    done each fault that was asked for so many times. What the server of a test that failed has seen
    is told on standard error.

    Attributes:
        rtmp_server: the server.
        rtmp_publisher: starts publishers; the first argument is a stream of the server, or a URL.
        rtmp_player: starts players, likewise.
    """

    rtmp_server_config: ClassVar[str] = ""
    """The text of a configuration file, laid over the settings for tests."""
    rtmp_server_sections: ClassVar[Sections] = {}
    """Sections of a configuration, laid over that."""

    rtmp_server: ServerProcess
    rtmp_publisher: StartPublisher
    rtmp_player: StartPlayer

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run the test; see :meth:`unittest.TestCase.run`."""
        self._result = result
        self._failures_before = self._failures
        return super().run(result)

    @property
    def _failures(self) -> int:
        """How many tests have failed so far, if whoever runs them counts."""
        kinds = ("failures", "errors")
        return sum(len(getattr(self._result, kind, ())) for kind in kinds)

    def setUp(self) -> None:
        """Start the server, and begin to keep what is started beside it."""
        super().setUp()
        servers = Servers(Path(tempfile.mkdtemp(prefix="trio-srs-")))
        self.addCleanup(servers.close)
        self.rtmp_server = servers.start(self.rtmp_server_config, **self.rtmp_server_sections)
        self.rtmp_publisher = self.enterContext(Clients(PublisherProcess, self.rtmp_server)).start
        self.rtmp_player = self.enterContext(Clients(PlayerProcess, self.rtmp_server)).start
        self.addCleanup(self._tell_failure, servers)

    def _tell_failure(self, servers: Servers) -> None:
        """While everybody is still there."""
        if self._failures > self._failures_before:
            for title, text in servers.failure_report():
                sys.stderr.write(f"\n--- {self.id()}: {title} ---\n{text}\n")
