"""Lines for people: whole, and safe to show."""

from __future__ import annotations

import io
import sys

import pytest

from trio_srs.app.cli.terminal import clean, complain, is_terminal, say, say_json


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 日本", "plain ü 日本"),
        ("a\x1b[31mred\nnext", r"a\x1b[31mred\nnext"),
        ("lone \udc80", r"lone \udc80"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_each_call_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\rb")
    say_json({"name": "ü\n"})
    complain("bad\x07")
    captured = capsys.readouterr()
    assert captured.out == 'a\\rb\n{"name": "\\u00fc\\n"}\n'
    assert captured.err == "trio-srs: bad\\x07\n"


def test_a_terminal_is_where_errors_go(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not is_terminal()
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert is_terminal()
