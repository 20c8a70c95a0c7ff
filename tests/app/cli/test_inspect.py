"""``trio-srs inspect``: prints a capture, whole or in parts, for people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.inspect.scenes import Scene, file_of
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "c1.rtmpcap"
    file.write_bytes(file_of(Scene().publish()))
    return str(file)


def test_it_prints_who_said_what(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", path]) == Exit.OK
    first, *said, last = capsys.readouterr().out.splitlines()
    assert first == "session c1: rtmp 10.0.0.2:50000 -> 10.0.0.1:1935"
    assert len(said) == 13
    assert last == "the session ended: peer_fin: bye"


def test_a_part_is_asked_for_by_options(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--from", "client", "--type", "command,8", "--csid", "3", "--after", "150ms"]
    assert main(["inspect", path, *words, "--before", "1s", "--connection", "7"]) == 3
    assert "there is no RTMP in it" in capsys.readouterr().err
    assert main(["inspect", path, *words, "--before", "1s"]) == Exit.OK
    _, line, _ = capsys.readouterr().out.splitlines()
    assert "publish(" in line


def test_json_is_a_line_for_each(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", path, "--json"]) == Exit.OK
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["kind"] for each in told[:4]] == ["session", "handshake", "handshake", "message"]
    assert told[-1] == {"kind": "outcome", "reason": "peer_fin", "detail": "bye", "cut_at": None}


def test_one_message_is_followed(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", path, "--follow", "7"]) == Exit.OK
    assert "chunk 1: fmt 0 on chunk stream 3" in capsys.readouterr().out
    assert main(["inspect", path, "--follow", "7", "--json"]) == Exit.OK
    assert json.loads(capsys.readouterr().out)["payload"].startswith("020007")
    assert main(["inspect", path, "--follow", "99"]) == Exit.FAILED
    assert "there is no message 99" in capsys.readouterr().err


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"FLV")
    assert main(["inspect", str(tmp_path / "file")]) == Exit.FAILED
    assert "begins with" in capsys.readouterr().err
    assert main(["inspect", str(tmp_path / "file"), "--type", "sound"]) == Exit.USAGE


def test_what_is_no_rtmp_in_a_file_of_packets_is_passed_over_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.tools.inspect.test_capture_reader import pcap, publish, segments

    (tmp_path / "file").write_bytes(pcap("raw", segments(publish().records)[5:]))
    assert main(["inspect", str(tmp_path / "file")]) == Exit.NO_STREAM
    assert "passed over: connection 1" in capsys.readouterr().err
