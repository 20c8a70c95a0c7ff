"""The tutorial is done, from its first command to its last, and comes out as the page shows.

Numbers and addresses differ, as the page says; words do not.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests import preloaded
from tests.interop.programs import FFMPEG, free_port

pytestmark = [pytest.mark.documented, pytest.mark.timeout(120)]

PAGE: Final = (Path(__file__).parent.parent / "docs" / "tutorial.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", PAGE)
_PATIENCE_S: Final = 30.0
_VARYING: Final = re.compile(r"0x[0-9a-f]+|\d+(?:\.\d+)*Z?|\s+")


def words(text: str) -> str:
    """A line without its numbers, and without what they do to columns."""
    return _VARYING.sub(lambda found: " " if found[0].isspace() else "#", text.strip())


class Reader:
    """Somebody who does what the page says, with three terminals."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.blocks = folder, free_port(), iter(BLOCKS)
        tools = folder / "tools"
        tools.mkdir()
        (tools / "ffmpeg").symlink_to(FFMPEG)
        preloaded.program(tools, "trio-srs", "-m", "trio_srs")
        self.environ = os.environ | {
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        }
        self.log = folder / "log.txt"
        self.processes: list[subprocess.Popen[bytes]] = []

    def next(self, kind: str) -> str:
        """The next block of the page, which is of this kind."""
        found, text = next(self.blocks)
        assert found == kind, text
        return str(text)

    def here(self, text: str) -> str:
        """What the page says, with the port and the process that are meant."""
        pid = str(self.processes[0].pid) if self.processes else ""
        text = text.replace("127.0.0.1:1935", f"127.0.0.1:{self.port}")
        text = text.replace("rtmp://127.0.0.1/", f"rtmp://127.0.0.1:{self.port}/")
        return text.replace("HUP 1024", f"HUP {pid}")

    def shows(self, said: str, shown: list[str]) -> None:
        """See that all lines that the page shows were said, in their order.

        Of a line of the log it shows the beginning.
        """
        lines = iter(words(line) for line in said.splitlines())
        for line in shown:
            wanted = words(self.here(line))
            assert any(each.startswith(wanted) for each in lines), f"{line}\n\n{said}"

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Run something in a terminal of its own; all of it is in the log."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {self.here(command)}"],
                cwd=self.folder, env=self.environ, stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def run(self, script: list[str]) -> str:
        """Run commands one after the other, and return all that they say."""
        text = "\n".join(map(self.here, script))
        done = subprocess.run(
            ["bash", "-c", f"exec 2>&1 </dev/null\n{text}"],
            cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, check=False,
            timeout=_PATIENCE_S,
        )  # fmt: skip
        return done.stdout.decode()

    def do(self) -> str:
        """Do the next block of commands, see that it comes out as shown, and return it."""
        lines = self.next("console").splitlines()
        said = self.run([line[2:] for line in lines if line.startswith("$ ")])
        self.shows(said, [line for line in lines if not line.startswith("$ ")])
        return said

    def logged(self, shown: str) -> None:
        """Wait until the log has all of these lines."""
        with suppress(AssertionError):
            last = words(self.here(shown.splitlines()[-1]))
            self.until(lambda: last in words(self.log.read_text()))
        self.shows(self.log.read_text(), shown.splitlines())

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something."""
        deadline = time.monotonic() + _PATIENCE_S
        while not happened():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    @property
    def published(self) -> int:
        """How often the log says that the stream is published."""
        return len(re.findall(r"(?m)\] publishes live/a +\[", self.log.read_text()))

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.close()


def test_the_tutorial_comes_out_as_it_shows(reader: Reader) -> None:
    config = reader.folder / "my.toml"
    config.write_text(reader.here(reader.next("toml")))
    command, ready = reader.next("console").splitlines()
    server = reader.start(command[2:])
    reader.logged(ready)
    reader.do()  # --print-config

    make, publish = reader.next("console").splitlines()
    assert reader.run([make[2:]]) == ""
    reader.start(publish[2:])
    reader.logged(reader.next("text"))
    reader.do()  # probe
    reader.do()  # play
    assert (reader.folder / "got.flv").stat().st_size > 100_000
    reader.do()  # a second publisher is refused
    reader.do()  # so is ffmpeg

    right = config.read_text() + reader.next("toml")
    config.write_text(f'{right}play_mising = "refuse"\n')
    reader.do()  # --check
    config.write_text(f'{right}play_missing = "refuse"\n')
    reader.do()  # --check, HUP
    reader.logged(reader.next("text"))
    reader.do()  # a second publisher takes over
    reader.logged(reader.next("text"))
    reader.do()  # nobody publishes

    command, told = reader.next("console").splitlines()
    before = reader.published
    last = reader.start(command[2:])
    reader.until(lambda: reader.published > before)
    server.send_signal(signal.SIGINT)
    reader.logged(told)
    assert server.wait(_PATIENCE_S) == 0
    assert last.wait(_PATIENCE_S) != 0
    reader.logged(reader.next("text"))
    assert list(reader.blocks) == []
