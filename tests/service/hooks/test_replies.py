"""What an answer means: SRS's contract, and nothing between yes and no."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trio_srs.hub.gate import Grant
from trio_srs.service.hooks.replies import AnswerError, HookRefusedError, read_answer


@pytest.mark.parametrize("body", [b"0", b'{"code":0}', b' {"code": 0, "data": {"x": 1}}\n'])
@pytest.mark.parametrize("status", [200, 201])
def test_zero_is_yes(status: int, body: bytes) -> None:
    assert read_answer(status, body) == Grant()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"code":1}', "code 1"),
        ('{"code":-7, "msg":"not today"}', "not today"),
        ('{"code":403, "message":"no\\nsuch   key"}', "no such key"),
        ('{"code":302}', "code 302"),
        ('{"code":302, "redirect":""}', "code 302"),
        ('{"code":1, "redirect":"rtmp://b/live"}', "code 1"),
        ('{"code":1, "message":7, "reason":"late"}', "late"),
        (json.dumps({"code": 1, "message": "x" * 5000}), "x" * 256),
    ],
)
def test_another_code_is_a_no_with_its_reason(body: str, why: str) -> None:
    with pytest.raises(HookRefusedError) as refusal:
        read_answer(200, body.encode())
    assert str(refusal.value) == why


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"0", "status 500"),
        (204, b"", "status 204"),
        (302, b'{"code":0}', "redirects of HTTP are not followed"),
        (200, b"", "an empty body"),
        (200, b"0\n", "expected 0 or an object"),
        (200, b"1", "expected 0 or an object"),
        (200, b"OK", "is no JSON"),
        (200, b"<html><body>It works!</body></html>", "is no JSON"),
        (200, b"\x1f\x8b\x08", "a compressed body"),
        (200, b"[" * 100_000, "is no JSON"),
        (200, b"[0]", "expected 0 or an object"),
        (200, b"null", "expected 0 or an object"),
        (200, b"{}", "an integer"),
        (200, b'{"code":"0"}', "an integer"),
        (200, b'{"code":0.0}', "an integer"),
        (200, b'{"code":false}', "an integer"),
        (200, b'{"code":null}', "an integer"),
        (200, b'{"code":0, "rename":7}', "grants what cannot be"),
        (200, b'{"code":0, "rename":"../etc"}', "grants what cannot be"),
        (200, b'{"code":302, "redirect":"http://b/a b"}', "grants what cannot be"),
        (200, b'{"code":0, "settings":["gop_cache"]}', "settings are no object"),
        (200, b'{"code":0, "settings":{"gop_cachet":"5s"}}', "no stream setting 'gop_cachet'"),
        (200, b'{"code":0, "settings":{"gop_cache":"soon"}}', "expected a duration"),
    ],
)
def test_all_else_is_no_answer(status: int, body: bytes, why: str) -> None:
    with pytest.raises(AnswerError) as nonsense:
        read_answer(status, body)
    assert why in str(nonsense.value)


@pytest.mark.parametrize(
    ("said", "granted"),
    [
        ({"code": 302, "redirect": "rtmp://b/live/a"}, Grant(redirect="rtmp://b/live/a")),
        ({"code": 0, "redirect": "rtmp://b/live/a"}, Grant(redirect="rtmp://b/live/a")),
        ({"code": 0, "rename": "cam7", "account": "alice"}, Grant(name="cam7", account="alice")),
        (
            {"code": 0, "settings": {"gop_cache": "5s", "publish_busy": "replace"}},
            Grant(settings={"gop_cache": "5s", "publish_busy": "replace"}),
        ),
        ({"code": 0, "rename": None, "settings": None}, Grant()),
    ],
)
def test_a_yes_may_say_more(said: dict[str, Any], granted: Grant) -> None:
    assert read_answer(200, json.dumps(said).encode()) == granted
