"""``publish``, ``play`` and ``probe``, as they are used: with a server in another process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tests import preloaded
from tests.tools.files import clip, flv, flv_tags, tags
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.wire.rtmp.message import Message

pytestmark = pytest.mark.interop

PROGRAM = [sys.executable, "-m", "trio_srs"]


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, until the block ends."""
    process = preloaded.popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        try:
            yield process
        finally:
            process.terminate()


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next line of JSON that a command says."""
    assert process.stdout is not None
    found = json.loads(process.stdout.readline())
    assert isinstance(found, dict)
    return found


@contextmanager
def playing(url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], BinaryIO]]:
    """``play`` in a process of its own, and what it writes; the block begins when it plays."""
    pipe = folder / "out.flv"
    os.mkfifo(pipe)
    with running("play", url, "-o", str(pipe), "--json") as process, pipe.open("rb") as output:
        yield process, output


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The base URL of a server."""
    with running("--set", 'rtmp.listen=["127.0.0.1:0"]') as process:
        yield said(process)["rtmp"][0]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of video and audio."""
    path = tmp_path_factory.mktemp("files") / "two.flv"
    path.write_bytes(flv(clip(2)))
    return path


@pytest.fixture(scope="module")
def live(server: str, file: Path) -> Iterator[str]:
    """The URL of a stream that goes on and on."""
    url = f"{server}/live/on-and-on"
    with running("publish", str(file), url, "--loop", "--quiet"):
        yield url


def out_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    captured = capsys.readouterr()
    assert captured.err == ""
    found = json.loads(captured.out)
    assert isinstance(found, dict)
    return found


def test_what_is_published_is_played_to_the_byte(server: str, file: Path, tmp_path: Path) -> None:
    url = f"{server}/live/whole"
    with playing(url, tmp_path) as (player, output):
        with running("publish", str(file), url, "--speed", "4", "--json") as publisher:
            published = said(publisher)
            assert publisher.wait() == Exit.OK
        data, played = output.read(), said(player)
        assert player.wait() == Exit.OK
    assert (published["event"], published["url"]) == ("published", url)
    assert (published["ended"], published["messages"]) == ("complete", 103)
    assert (played["event"], played["ended"]) == ("played", "NetStream.Play.UnpublishNotify")
    assert (played["digest"], played["seconds"]) == (published["digest"], 1.97)
    assert [t for t in flv_tags(data) if t.type_id != 18] == tags(clip(2))[1:]


def test_play_ends_with_enough_and_marks_what_the_file_has(
    live: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.flv"
    assert main(["play", live, "-o", str(out), "--frames", "5"]) == Exit.OK
    assert capsys.readouterr().out.endswith("ended: frames\n")
    assert out.read_bytes()[4] == 5
    assert main(["play", live, "--seconds", "0.1", "--json"]) == Exit.OK
    assert out_json(capsys)["ended"] == "seconds"
    assert main(["play", live, "--frames", "1", "--quiet"]) == Exit.OK
    assert capsys.readouterr().out == ""


def test_tags_that_are_no_media_are_passed_over_and_told(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.flv"
    odd = [Message(1, 0, 0, b"\0\0\0\1"), Message(20, 0, 0, b"x"), Message(1, 0, 0, b"x")]
    path.write_bytes(flv([*clip(1), *odd]))
    assert main(["publish", str(path), f"{server}/live/odd", "--speed", "max"]) == Exit.OK
    assert capsys.readouterr().err == (
        f"trio-srs: {path}: 3 tags passed over, of types 1, 20: FLV reserves all types but audio "
        "(8), video (9) and script data (18)\n"
    )


def test_play_writes_to_standard_output(
    live: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["play", live, "-o", "-", "--frames", "3"]) == Exit.OK
    captured = capfdbinary.readouterr()
    assert len([tag for tag in flv_tags(captured.out) if tag.type_id == 9]) == 4
    assert captured.err == b""


def test_an_interrupted_play_says_what_it_has(live: str, tmp_path: Path) -> None:
    with playing(live, tmp_path) as (player, output):
        output.read(13)
        player.send_signal(signal.SIGINT)
        played = said(player)
        assert player.wait() == Exit.OK
    assert played["ended"] == "interrupted"


def test_an_interrupted_publish_ends_politely(server: str, file: Path, tmp_path: Path) -> None:
    url = f"{server}/live/stopped"
    with playing(url, tmp_path) as (player, output):
        with running("publish", str(file), url, "--loop", "--json") as publisher:
            output.read(1000)
            publisher.send_signal(signal.SIGTERM)
            published = said(publisher)
            assert publisher.wait() == Exit.OK
        assert published["ended"] == "interrupted"
        assert said(player)["digest"] == published["digest"]


def test_no_stream_has_an_exit_code_of_its_own(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{server}/live/nothing"
    assert main(["play", url, "--timeout", "200ms"]) == Exit.NO_STREAM
    assert f"{url}: no audio or video within 0.2 s" in capsys.readouterr().err
    assert main(["probe", url, "--timeout", "200ms"]) == Exit.NO_STREAM


def test_a_name_that_is_taken_is_said_in_the_servers_words(
    live: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["play", live, "--frames", "1", "--quiet"]) == Exit.OK
    assert main(["publish", str(file), live, "--json"]) == Exit.FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"trio-srs: {live}: NetStream.Publish.BadName: ")


def test_a_server_that_is_not_there_is_said_with_its_address(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", str(file), "rtmp://127.0.0.1:1/live/a"]) == Exit.FAILED
    assert "cannot connect to 127.0.0.1:1: Connection refused" in capsys.readouterr().err


def test_a_refusal_overwrites_no_file(server: str, tmp_path: Path) -> None:
    out = tmp_path / "precious.flv"
    out.write_text("precious")
    assert main(["play", "rtmp://127.0.0.1:1/live/a", "-o", str(out)]) == Exit.FAILED
    assert out.read_text() == "precious"


def test_a_bad_file_is_found_before_a_server_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "rtmp://127.0.0.1:1/live/a"
    assert main(["publish", str(tmp_path / "none.flv"), url]) == Exit.FAILED
    assert "none.flv: No such file or directory" in capsys.readouterr().err


def test_a_file_cut_short_is_published_and_said_to_be_so(
    server: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = tmp_path / "short.flv"
    short.write_bytes(file.read_bytes()[:-1])
    assert main(["publish", str(short), f"{server}/live/short", "--speed", "max"]) == Exit.OK
    captured = capsys.readouterr()
    assert f"the file ends inside a tag, at byte {short.stat().st_size}" in captured.err
    assert captured.out.startswith("published 2.0 s, 51 video and 50 audio messages")


def test_part_of_a_file_can_be_published(
    server: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--start-at", "0.5", "--seconds", "500ms", "--speed", "max", "--json"]
    assert main(["publish", str(file), f"{server}/live/part", *words]) == Exit.OK
    assert out_json(capsys)["seconds"] == 0.49


def test_probe_tells_people_and_programs_the_same(
    live: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", live, "--seconds", "0.3"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "video         h264 avc1.42c01e, profile Constrained Baseline, level 3, 320x240"
    )
    assert lines[1].startswith("audio         aac mp4a.40.2, profile LC, 44100 Hz, 2 channels")
    assert "handshake     plain" in lines
    assert "chunk size    60000 bytes" in lines
    assert "metadata      width = 320" in lines
    assert main(["probe", live, "--seconds", "0.3", "--json"]) == Exit.OK
    found = out_json(capsys)
    assert (found["event"], found["url"]) == ("probed", live)
    assert (found["video"]["codec"], found["audio"]["codec"]) == ("h264", "aac")
    assert found["server"]["handshake"] == "plain"
    assert found["first_media_ms"] >= 0


def test_a_pattern_is_published_and_played_to_the_byte(server: str, tmp_path: Path) -> None:
    url = f"{server}/live/pattern"
    options = ["--pattern", "h264:320x240@50", "--audio", "aac:48000x1", "--gop", "0.5",
               "--seconds", "1", "--start-timestamp", "4000", "--kbit", "500"]  # fmt: skip
    with playing(url, tmp_path) as (player, output):
        with running("publish", *options, url, "--speed", "4", "--json") as publisher:
            published = said(publisher)
            assert publisher.wait() == Exit.OK
        data, played = output.read(), said(player)
    assert (published["ended"], published["messages"]) == ("complete", 3 + 50 + 47)
    assert played["digest"] == published["digest"]
    video = [tag for tag in flv_tags(data) if tag.type_id == 9][1:]
    assert [tag.timestamp_ms for tag in video] == list(range(4000, 5000, 20))
    assert [n for n, tag in enumerate(video) if tag.body[0] == 0x17] == [0, 25]


def test_a_pattern_has_the_defects_it_was_given(
    server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--pattern", "hevc", "--audio", "opus", "--seconds", "1", "--speed", "max", "--json"]
    url = f"{server}/live/defects"
    defects = ["--defect", "gap@10:500", "--defect", "no-audio@5", "--drift", "-1000"]
    assert main(["publish", *words, *defects, "--jitter", "1.5", "--seed", "7", url]) == Exit.OK
    found = out_json(capsys)
    assert (found["video"], found["audio"]) == (26, 11)
    assert found["seconds"] == pytest.approx(0.96 + 0.5 - 0.001, abs=0.003)  # twice the jitter


def test_options_may_stand_between_a_file_and_its_url(
    server: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["publish", str(file), "--speed", "max", f"{server}/live/between"]) == Exit.OK
    assert capsys.readouterr().out.startswith("published 2.0 s")


def test_an_interrupted_pattern_ends_politely(server: str) -> None:
    with running("publish", "--pattern", "av1", f"{server}/live/endless", "--json") as publisher:
        with running("play", f"{server}/live/endless", "--frames", "2", "--json") as player:
            assert said(player)["ended"] == "frames"
        publisher.send_signal(signal.SIGINT)
        assert said(publisher)["ended"] == "interrupted"
        assert publisher.wait() == Exit.OK


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["play", "rtmp://h/a/b", "-o", "-", "--json"], "both write to standard output"),
        (["play", "rtmp://h/a/b", "--frames", "0"], "at least 1"),
        (["play", "http://h/a/b"], "is no RTMP URL"),
        (["probe", "rtmp://h/a"], "names no stream"),
        (["publish"], "the following arguments are required: URL"),
        (["publish", "x.flv"], "a file to publish comes before the URL"),
        (["publish", "rtmp://h/a/b"], "expected FILE.flv and URL, or --pattern and URL"),
        (["publish", "x.flv", "--pattern", "h264", "rtmp://h/a/b"], "--pattern, not both"),
        (["publish", "x.flv", "rtmp://h/a/b", "--gop", "1"], "--gop is only for --pattern"),
        (["publish", "x.flv", "rtmp://h/a/b", "--defect", "no-audio"], "--defect is only for"),
        (["publish", "--pattern", "av1", "rtmp://h/a/b", "--loop"], "--loop is only for files"),
        (
            ["publish", "--pattern", "av1", "rtmp://h/a/b", "--start-at", "1"],
            "--start-at is only for files",
        ),
        (["publish", "--pattern", "vp8", "rtmp://h/a/b"], "expected one of h264, hevc, av1"),
        (["publish", "--pattern", "av1", "rtmp://h/a/b", "--defect", "x"], "KIND@FRAME:AMOUNT"),
        (["publish", "--pattern", "av1", "rtmp://h/a/b", "--drift", "x"], "expected a number"),
        (["publish", "--pattern", "av1", "rtmp://h/a/b", "--drift", "nan"], "expected a number"),
        (["publish", "x.flv", "rtmp://h/a/b", "--speed", "0"], "expected a number above 0"),
        (["publish", "x.flv", "rtmp://h/a/b", "--speed", "fast"], "expected a number above 0"),
        (["publish", "x.flv", "rtmp://h/a/b", "--seconds", "x"], "expected a duration"),
    ],
)
def test_a_bad_command_line_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], words: list[str], text: str
) -> None:
    assert main(words) == Exit.USAGE
    assert text in capsys.readouterr().err
