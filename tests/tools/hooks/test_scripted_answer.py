"""Answers in a word: each means what it says, and nonsense is refused."""

from __future__ import annotations

import pytest

from trio_srs.tools.hooks.scripted_answer import YES, ScriptedAnswer, ScriptedAnswerError


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", YES),
        ("refuse", ScriptedAnswer(body=b'{"code": 1}')),
        ("refuse:a: b", ScriptedAnswer(body=b'{"code": 1, "message": "a: b"}')),
        ("redirect:rtmp://b/c", ScriptedAnswer(body=b'{"code": 302, "redirect": "rtmp://b/c"}')),
        ("rename:x", ScriptedAnswer(body=b'{"code": 0, "rename": "x"}')),
        ("503", ScriptedAnswer(status=503, body=b"")),
        ("302:a", ScriptedAnswer(status=302, body=b"", location="a")),
        ("close", ScriptedAnswer(closes=True)),
        ("slow", ScriptedAnswer(after_s=5.0)),
        ("slow:300ms", ScriptedAnswer(after_s=0.3)),
        ('{"code": 7}', ScriptedAnswer(body=b'{"code": 7}')),
    ],
)
def test_a_word_is_an_answer(text: str, answer: ScriptedAnswer) -> None:
    assert ScriptedAnswer.parse(text) == answer


def test_garbage_is_no_json() -> None:
    assert ScriptedAnswer.parse("garbage").body.startswith(b"<html>")


@pytest.mark.parametrize("text", ["", "no", "yes:why", "slow:soon", "{", "20", "2000"])
def test_another_word_is_refused(text: str) -> None:
    with pytest.raises(ScriptedAnswerError, match="is no"):
        ScriptedAnswer.parse(text)
