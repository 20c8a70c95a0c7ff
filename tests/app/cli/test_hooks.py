"""``trio-srs hooks``: what is received is shown and recorded, and answered as it was said."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.app.cli.test_commands import running
from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit


def call(url: str, action: str) -> tuple[int, bytes]:
    said = {"action": action, "app": "live", "stream": "a", "client_id": "c1"}
    try:
        with urllib.request.urlopen(f"{url}x", json.dumps(said).encode()) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.mark.interop
def test_calls_are_shown_recorded_and_answered(tmp_path: Path) -> None:
    record = tmp_path / "calls.jsonl"
    words = ("--listen", "127.0.0.1:0", "--record", str(record))
    answers = ("--answer", "on_play=refuse:no", "--answer", "on_stop=503")
    with running("hooks", *words, *answers) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("receiving at ").strip()
        assert call(url, "on_publish") == (200, b"0")
        assert call(url, "on_play") == (200, b'{"code": 1, "message": "no"}')
        assert call(url, "on_stop") == (503, b"")
        assert process.stdout.readline().endswith(" s on_publish c1 live/a\n")
        process.send_signal(signal.SIGINT)
        assert process.wait() == Exit.OK
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [(each["number"], each["path"], each["body"]["action"]) for each in lines] == [
        (1, "/x", "on_publish"),
        (2, "/x", "on_play"),
        (3, "/x", "on_stop"),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--listen", "unix:/x"), "expected host:port"),
        (("--listen", "nowhere"), "expected an address"),
        (("--answer", "on_play"), "expected ACTION=ANSWER"),
        (("--answer", "on_play=maybe"), "'maybe' is no answer"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hooks", *words]) == Exit.USAGE
    assert why in capsys.readouterr().err


def test_who_cannot_listen_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hooks", "--listen", "192.0.2.1:8085"]) == Exit.FAILED
    assert "cannot listen on 192.0.2.1:8085" in capsys.readouterr().err
