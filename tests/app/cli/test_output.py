"""Output goes to a file, to standard output, or nowhere, and all of it."""

from __future__ import annotations

import errno
import os
from io import FileIO
from pathlib import Path

import pytest

from trio_srs.app.cli.output import Output, OutputClosedError, open_output
from trio_srs.app.cli.standard import OutputError


async def test_a_file_is_written_and_its_start_written_over(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with open_output(str(path)) as output:
        await output.write(b"01")
        await output.write(b"234")
        await output.rewrite_start(b"ab")
    with path.open("rb") as file:
        assert file.read() == b"ab234"


async def test_standard_output_is_written_and_stays_open(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    for _ in range(2):
        with open_output("-") as output:
            await output.write(b"\x00\xff")
    assert capfdbinary.readouterr().out == b"\x00\xff" * 2


async def test_nowhere_takes_everything() -> None:
    with open_output(None) as output:
        await output.write(b"0")
        await output.rewrite_start(b"1")


def test_a_place_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="No such file or directory"),
        open_output(str(tmp_path / "none" / "out")),
    ):
        pytest.fail("it cannot be opened")


class Slow(FileIO):
    """Takes a byte at a time, and three in all; there is no way back."""

    taken = b""

    def write(self, data: object) -> int:
        if len(self.taken) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.taken += bytes(data)[:1]  # type: ignore[call-overload]  # a memoryview
        return 1

    def seekable(self) -> bool:
        return False


async def test_what_is_taken_in_parts_is_written_whole_or_complained_of(tmp_path: Path) -> None:
    with Slow(tmp_path / "out", "wb") as file:
        output = Output("there", file)
        await output.write(b"abc")
        await output.rewrite_start(b"x")
        assert file.taken == b"abc"
        with pytest.raises(OutputError, match="there: No space left on device"):
            await output.write(b"d")


async def test_a_pipe_that_nobody_reads_is_told_apart() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with (
        FileIO(writing, "wb") as file,
        pytest.raises(OutputClosedError, match="there: Broken pipe"),
    ):
        await Output("there", file).write(b"d")
