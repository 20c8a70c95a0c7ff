"""``trio-srs replay``: a captured session is done again, over real connections."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from pathlib import Path

import pytest

from tests.interop.programs import FFMPEG, needs
from tests.tools.files import clip, flv
from tests.tools.inspect.scenes import Scene, file_of
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.testing import ServerProcess
from trio_srs.wire.session_capture import CaptureKind


@pytest.fixture
def path(tmp_path: Path) -> str:
    scene = Scene().publish().happened(CaptureKind.PEER_ENDED).happened(CaptureKind.CLOSED)
    file = tmp_path / "c1.rtmpcap"
    file.write_bytes(file_of(scene))
    return str(file)


@pytest.mark.interop
def test_a_server_gets_what_the_captured_one_got_and_its_capture_the_same_again(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "captures"
    capture = {"when": "always", "folder": str(folder), "mask": False}
    with ServerProcess(capture=capture) as server:  # the capture is whole once it has gone
        words = ["--speed", "max", "--json"]
        assert main(["replay", path, server.url("live/b"), *words]) == Exit.FAILED
        told = json.loads(capsys.readouterr().out)
        assert told["differences"] == [  # the one in the capture has codes of its own
            "answer to connect 1: _result NetConnection.Connect.Success, in the capture _result ok"
        ]
        first = server.wait_for_end("live/b")
    assert first.facts.tracks[0].frames == 2
    [captured] = folder.iterdir()
    with ServerProcess() as server:
        assert main(["replay", str(captured), f"{server.url()}live", "--speed", "9"]) == Exit.OK
        assert "ended by the client: as in the capture" in capsys.readouterr().out
        assert server.wait_for_end("live/b").facts.digests == first.facts.digests


@pytest.mark.interop
def test_a_captured_server_serves_the_captured_client(
    path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    codes: list[int] = []
    words = ["replay", path, "--serve", "--listen", "127.0.0.1:0", "--json"]
    thread = threading.Thread(target=lambda: codes.append(main(words)))
    thread.start()
    said = ""
    while not (found := re.search(r"serving at (rtmp://\S+)", said)):
        said += capfd.readouterr().err
    assert main(["replay", path, f"{found[1]}/live/a", "--speed", "max"]) == Exit.OK
    thread.join(20)
    assert codes == [Exit.OK]


@pytest.mark.interop
@needs(FFMPEG, "ffmpeg")
def test_ffmpeg_takes_a_captured_server_for_a_server(
    path: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    codes: list[int] = []
    words = ["replay", path, "--serve", "--listen", "127.0.0.1:0", "--speed", "max"]
    thread = threading.Thread(target=lambda: codes.append(main(words)))
    thread.start()
    said = ""
    while not (found := re.search(r"serving at (rtmp://\S+)", said)):
        said += capfd.readouterr().err
    (tmp_path / "clip.flv").write_bytes(flv(clip(2)))
    copying = ["-v", "error", "-i", str(tmp_path / "clip.flv"), "-c", "copy", "-f", "flv"]
    done = subprocess.run([FFMPEG, *copying, f"{found[1]}/live/a"], check=False, timeout=20)
    thread.join(20)
    assert (done.returncode, codes) == (0, [Exit.OK])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "expected a URL, or --serve"),
        (["rtmp://h/live", "--serve"], "expected a URL, or --serve"),
        (["http://h/live"], "http"),
        (["--serve", "--listen", "nowhere"], "nowhere"),
        (["rtmp://h/live", "--speed", "0"], "expected a number above 0, or max"),
        (["rtmp://h/live", "--speed", "x"], "expected a number above 0, or max"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], why: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", path, *words]) == Exit.USAGE
    assert why in capsys.readouterr().err


def test_a_session_that_is_not_there_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", path, "rtmp://127.0.0.1/live", "--connection", "2"]) == Exit.FAILED
    assert "it has 1 sessions, so none is number 2" in capsys.readouterr().err
