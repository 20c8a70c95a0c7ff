"""Files below one folder: whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from trio_srs.service.hls.disk_folder import DiskFolder, PathTakenError


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_file_is_there_whole_and_nothing_else(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path / "new")
    folder.write("live/a.ts", [b"one", b"", b"two"])
    folder.write("live/a.ts", [b"three"])
    assert files(tmp_path) == ["new/live/a.ts"]
    assert (tmp_path / "new/live/a.ts").read_bytes() == b"three"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    (tmp_path / "a.ts").mkdir()  # nothing can be renamed to that
    with pytest.raises(OSError, match=r"a\.ts"):
        folder.write("a.ts", [b"one"])
    (tmp_path / "live").write_bytes(b"")
    with pytest.raises(OSError, match="live"):
        folder.write("live/a.ts", [b"one"])
    assert files(tmp_path) == ["live"]


def test_a_folder_goes_with_its_last_file(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    for path in ("a/b/1.ts", "a/b/2.ts", "a/3.ts"):
        folder.write(path, [b"x"])
    folder.remove(["a/b/1.ts", "a/b/2.ts", "gone.ts"])
    assert (tmp_path / "a").is_dir()
    assert not (tmp_path / "a/b").exists()
    folder.remove(["a/3.ts"])
    assert tmp_path.is_dir()
    assert not (tmp_path / "a").exists()


def test_a_path_is_of_one_stream(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    folder.claim(["a", "b"], "live/a")
    folder.claim(["a"], "live/a")
    with pytest.raises(PathTakenError, match="b is written for live/a, and cannot be for live/b"):
        folder.claim(["c", "b"], "live/b")
    folder.release(["b", "nothing"])
    folder.claim(["c", "b"], "live/b")


def test_what_the_file_system_tells_apart_is_found_out_once(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path / "made")
    rule = folder.rule()
    assert rule is folder.rule()
    (tmp_path / "case").touch()
    assert rule.is_case_blind == (tmp_path / "CASE").exists()
    assert files(tmp_path / "made") == []


def test_only_old_files_of_the_stream_are_swept(tmp_path: Path) -> None:
    folder = DiskFolder(tmp_path)
    old = ["live/a-1.ts", "live/a-22.ts", "live/.trio-srs-7-7.new", "live/a.m3u8", "live/b-1.ts"]
    for path in [*old, "live/a-3.ts"]:
        folder.write(path, [b"x"])
    for path in old:
        os.utime(tmp_path / path, (1, 1))
    (tmp_path / "live/a-4.ts").symlink_to("b-1.ts")
    assert folder.sweep("live", re.compile(r"a-[0-9]+\.ts"), 60.0) == 3
    assert files(tmp_path) == ["live/a-3.ts", "live/a-4.ts", "live/a.m3u8", "live/b-1.ts"]
    assert folder.sweep("nothing", re.compile("x"), 0.0) == 0
