"""What lies in the folder is read, and nothing else ever is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trio_srs.service.http.files import open_file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with some files in it, and secrets beside it."""
    folder = tmp_path / "served"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "sub" / "index.html").write_text("<html>")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "served-too").mkdir()
    (tmp_path / "served-too" / "secret").write_text("secret")
    return folder


def read(folder: Path, *segments: str) -> bytes | None:
    found = open_file(folder, segments)
    if found is None:
        return None
    with found:
        return found.read(0, 1000)


def test_a_file_is_read_and_described(folder: Path) -> None:
    found = open_file(folder, ["a.txt"])
    assert found is not None
    with found:
        assert (found.size, found.content_type) == (5, "text/plain")
        assert found.read(1, 3) == b"ell"
        assert found.read(5, 3) == b""
        assert found.last_modified.endswith(" GMT")


def test_a_folder_has_its_index(folder: Path) -> None:
    assert read(folder, "sub") == b"<html>"
    assert read(folder) is None


def test_a_file_that_was_written_to_has_another_tag(folder: Path) -> None:
    def tag() -> str:
        found = open_file(folder, ["a.txt"])
        assert found is not None
        with found:
            return found.etag

    before = tag()
    assert tag() == before
    os.utime(folder / "a.txt", (1, 1))
    same_size = tag()
    (folder / "a.txt").write_text("hello!")
    os.utime(folder / "a.txt", (1, 1))
    assert len({before, same_size, tag()}) == 3


@pytest.mark.parametrize(
    "segments",
    [
        ("..", "secret"),
        ("sub", "..", "..", "secret"),
        ("/etc/passwd",),
        ("..", "served-too", "secret"),
        ("a.txt", "x"),
        ("missing",),
        ("x" * 5000,),
        ("a\0b",),
    ],
)
def test_what_is_not_in_the_folder_is_not_read(folder: Path, segments: tuple[str, ...]) -> None:
    assert read(folder, *segments) is None


def test_a_link_that_leads_out_is_not_followed(folder: Path) -> None:
    (folder / "out").symlink_to(folder.parent / "secret")
    (folder / "up").symlink_to(folder.parent)
    (folder / "in").symlink_to(folder / "a.txt")
    (folder / "round").symlink_to(folder / "round")
    assert read(folder, "out") is None
    assert read(folder, "up", "secret") is None
    assert read(folder, "round") is None
    assert read(folder, "in") == b"hello"


def test_a_folder_that_is_itself_a_link_is_served(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)
    assert read(folder.parent / "link", "a.txt") == b"hello"


def test_what_is_no_file_is_not_opened_and_does_not_make_us_wait(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert read(folder, "pipe") is None
    assert before == (len(os.listdir("/proc/self/fd")) if before else 0)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.TS", "video/mp2t"),
        ("a.flv", "video/x-flv"),
        ("a.mp4", "video/mp4"),
        ("a.mjs", "text/javascript"),
        ("a.html", "text/html"),
        ("crossdomain.xml", "text/xml"),
        ("a.whatever", "application/octet-stream"),
    ],
)
def test_players_are_told_what_it_is(folder: Path, name: str, kind: str) -> None:
    (folder / name).write_text("")
    found = open_file(folder, [name])
    assert found is not None
    with found:
        assert found.content_type.replace("application/xml", "text/xml") == kind
