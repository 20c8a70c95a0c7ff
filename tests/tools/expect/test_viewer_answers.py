"""Whatever comes of asking is an answer, and is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.net.test_http_caller import Server, serving
from tests.tools.expect.test_http_feed import answering
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.viewer_answers import Answers

HEAD = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=2\r\n"


async def test_an_answer_is_kept_with_its_fields_and_times(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    answers = Answers(ClientSettings())
    async with answering(monkeypatch, HEAD + b"Content-Length: 2\r\n\r\nhi") as asked:
        made = await answers.get("http://host/a?b")
    assert (made.status, made.body, made.fields["cache-control"]) == (200, b"hi", "max-age=2")
    assert made.first_at_s is not None
    assert made.asked_at_s <= made.first_at_s <= made.at_s
    assert (asked, answers.fetched, answers.troubles) == (["host:80 /a?b"], [made], {})


async def test_a_redirect_is_kept_and_what_is_behind_it_is_known_by_what_was_asked(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    answers = Answers(ClientSettings())
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
    async with answering(monkeypatch, moved, HEAD + b"Content-Length: 2\r\n\r\nhi") as asked:
        made = await answers.get("http://host/a")
    assert asked == ["host:80 /a", "host:80 /b"]
    assert [each.status for each in answers.fetched] == [302, 200]
    assert (made.url, made.body) == ("http://host/a", b"hi")
    async with answering(monkeypatch, moved, moved, moved):
        assert (await answers.get("http://host/c")).status == 302


async def test_what_is_asked_of_one_server_is_asked_on_one_connection() -> None:
    server = Server()
    async with serving(server) as url:
        answers = Answers(ClientSettings())
        for name in "abc":
            made = await answers.get(f"http://{url.authority}/{name}")
            assert made.body == b"yes"
        answers.close()
        await answers.get(f"http://{url.authority}/d")
        answers.close()
    assert server.asked == [0, 0, 0, 1]


async def test_no_answer_is_one_with_status_0(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    answers = Answers(ClientSettings(timeout_s=1.0))
    none = b"HTTP/1.1 404 Nothing Here\r\nContent-Length: 0\r\n\r\n"
    async with answering(monkeypatch, HEAD + b"Content-Length: 9\r\n\r\nhi", None, none):
        assert (await answers.get("http://host/a")).status == 0
        assert (await answers.get("http://host/b")).status == 0
        assert (await answers.get("http://host/c")).status == 404
    assert (await answers.get("gopher://host/c")).status == 0
    assert "broke off" in answers.troubles["http://host/a"]
    assert "no answer within 1 s" in answers.troubles["http://host/b"]
    assert answers.troubles["http://host/c"].endswith("the server answered 404 Nothing Here")
    assert len(answers.troubles) == 4


async def test_files_are_read_and_those_that_are_not_there_are_not_found(tmp_path: Path) -> None:
    answers = Answers(ClientSettings())
    (tmp_path / "a b").write_bytes(b"hi")
    assert (await answers.get((tmp_path / "a b").as_uri())).body == b"hi"
    assert (await answers.get((tmp_path / "c").as_uri())).status == 404
