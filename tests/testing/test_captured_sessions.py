"""Captured sessions are told beside their files."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.tools.inspect.scenes import Scene, file_of
from trio_srs.testing import fixtures
from trio_srs.testing.captured_sessions import tell_sessions
from trio_srs.testing.channel import ProcessRefusedError
from trio_srs.testing.fixtures import Servers


def test_each_is_told_for_people_and_for_programs(tmp_path: Path) -> None:
    (tmp_path / "c1.rtmpcap").write_bytes(file_of(Scene().publish()))
    (tmp_path / "c2.rtmpcap").write_bytes(b"RTMPCAP")
    tell_sessions(tmp_path)
    words = (tmp_path / "c1.txt").read_text().splitlines()
    assert words[0].startswith("session c1: rtmp")
    assert len(words) == 15
    lines = (tmp_path / "c1.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in (lines[0], lines[-1])] == ["session", "outcome"]
    assert "version" in (tmp_path / "c2.txt").read_text()
    tell_sessions(tmp_path / "nothing")


@pytest.mark.interop
@pytest.mark.parametrize(("sessions", "kept"), [("failed", False), ("all", True)])
def test_of_a_test_that_passes_they_are_kept_if_all_are(
    tmp_path: Path, sessions: str, kept: bool
) -> None:
    folder = tmp_path / "trio-srs"
    servers = Servers(folder, sessions=sessions)
    server = servers.start()
    port = int(server.url().rpartition(":")[2].strip("/"))
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.recv(4096)[:0] == b""
    captured = server.wait_for_capture("c1")
    assert captured.parent == folder / "sessions"
    with pytest.raises(ProcessRefusedError, match="no capture of session 'c9'"):
        server.wait_for_capture("c9")
    servers.close()
    assert [path.suffix for path in folder.glob("sessions/*")] == [".rtmpcap"] * kept


def test_a_test_with_captures_of_its_own_goes_by_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Mapping[str, object]] = []
    monkeypatch.setattr(fixtures, "ServerProcess", lambda _, **words: started.append(words))
    own = {"when": "on-failure"}
    for sessions in ("off", "all"):
        Servers(tmp_path, sessions=sessions).start(capture=own)
        Servers(tmp_path, sessions=sessions).start()
    captures = [words.get("capture") for words in started]
    folder = str(tmp_path / "sessions")
    assert captures == [own, None, own, {"when": "always", "folder": folder, "mask": False}]
