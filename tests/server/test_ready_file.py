"""The ready file is whole or not there, and one that cannot be is said before anything starts."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trio_srs.server.ready_file import ReadyError, ready_file


def test_it_is_not_there_until_it_is_written_and_nothing_is_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    with ready_file(path) as write:
        assert not path.exists()
        write("line\n")
        assert os.listdir(tmp_path) == ["ready"]
    assert path.read_text() == "line\n"


def test_one_of_an_earlier_run_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "ready"
    path.write_text("old")
    with ready_file(path) as write:
        write("new")
    assert path.read_text() == "new"


def test_nothing_is_left_of_what_was_not_written(tmp_path: Path) -> None:
    with ready_file(tmp_path / "ready"):
        assert os.listdir(tmp_path) == ["ready.partial"]
    assert os.listdir(tmp_path) == []


def test_without_a_file_nothing_is_written() -> None:
    with ready_file(None) as write:
        write("line\n")


def a_folder(path: Path) -> str:
    path.mkdir()
    return "is there and is no file; for a pipe there is --ready-fd"


def a_pipe(path: Path) -> str:
    os.mkfifo(path)
    return "is there and is no file"


def a_device(path: Path) -> str:
    path.symlink_to("/dev/full")
    return "is there and is no file"


def a_taken_name(path: Path) -> str:
    path.with_name("ready.partial").mkdir()
    return "Is a directory"


@pytest.mark.parametrize("make", [a_folder, a_pipe, a_device, a_taken_name])
def test_what_cannot_be_written_is_said_before_anything_starts(
    make: Callable[[Path], str], tmp_path: Path
) -> None:
    path = tmp_path / "ready"
    text = make(path)
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(ReadyError, match=text), ready_file(path):
        pytest.fail("something was started")
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize("name", ["x" * 256, "missing/ready"])
def test_a_name_that_cannot_be_is_said_too(name: str, tmp_path: Path) -> None:
    with (
        pytest.raises(ReadyError, match="cannot write the ready file"),
        ready_file(tmp_path / name),
    ):
        pytest.fail("something was started")


def test_a_folder_that_vanished_meanwhile_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with ready_file(folder / "ready") as write:
        (folder / "ready.partial").unlink()
        folder.rmdir()
        with pytest.raises(ReadyError, match="No such file or directory"):
            write("line")


@pytest.mark.timeout(60)
def test_a_disk_without_room_is_one_line_and_no_server(tmp_path: Path) -> None:
    """No file of this process may grow: the system says so as it does of a full disk."""
    done = subprocess.run(
        [sys.executable, "-m", "trio_srs", "--listen", "127.0.0.1:0", "--ready-file",
         str(tmp_path / "ready")],
        capture_output=True, text=True, check=False, timeout=30,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"trio-srs: cannot write the ready file {tmp_path / 'ready'}: File too large\n"
    )
    assert os.listdir(tmp_path) == []
