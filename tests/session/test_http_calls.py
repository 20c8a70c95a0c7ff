"""A call is said in one piece, and its answer heard whole, whatever form it has."""

from __future__ import annotations

import math

import pytest

from trio_srs.session.base import NEED_DATA, Session
from trio_srs.session.http_calls import HttpAnswer, HttpAnswerTooLongError, HttpCallSession
from trio_srs.session.http_client import HttpError

OK = b"HTTP/1.1 200 OK\r\n"


def called(body: bytes | None = b"{}") -> HttpCallSession:
    session = HttpCallSession(most_bytes=100)
    session.call("a.test", "/x?y", {"A": "b"}, body)
    assert session.data_to_send()
    return session


def hear(session: HttpCallSession, *said: bytes) -> HttpAnswer:
    for data in said:
        session.receive_data(memoryview(data), 0.0)
    answer = session.next_event()
    assert isinstance(answer, HttpAnswer)
    return answer


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{}", b"POST /x?y HTTP/1.1\r\nHost: a.test\r\nA: b\r\nContent-Length: 2\r\n\r\n{}"),
        (b"", b"POST /x?y HTTP/1.1\r\nHost: a.test\r\nA: b\r\nContent-Length: 0\r\n\r\n"),
        (None, b"GET /x?y HTTP/1.1\r\nHost: a.test\r\nA: b\r\n\r\n"),
    ],
)
def test_a_call_is_said_in_one_piece(body: bytes | None, said: bytes) -> None:
    session = HttpCallSession(100)
    session.call("a.test", "/x?y", {"A": "b"}, body)
    assert not session.may_call
    assert session.data_to_send() == said
    assert session.data_to_send() == b""


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\0"])
def test_no_field_says_another(value: str) -> None:
    with pytest.raises(ValueError, match="a field breaks it"):
        HttpCallSession(100).call("a.test", "/", {"A": value}, b"")


PLAIN = b"Content-Length: 3\r\nX-Y: z\r\n\r\nabc"


def test_it_is_a_session_to_which_time_is_nothing() -> None:
    session: Session = called()
    session.keep()
    session.on_time(1.0)
    assert session.next_deadline() == math.inf


def test_an_answer_is_heard_however_it_is_cut_and_the_connection_kept() -> None:
    session = called()
    said = OK + PLAIN
    for at in range(len(said)):
        assert session.next_event() is NEED_DATA
        session.receive_data(said[at : at + 1], 0.0)
    for _ in range(2):
        answer = hear(session)
        assert (answer.status, answer.body, answer.headers["x-y"]) == (200, b"abc", "z")
        assert session.may_call
        session.call("a.test", "/", {}, b"")
        session.receive_data(said, 0.0)


@pytest.mark.parametrize(
    "said", [PLAIN, b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
def test_an_answer_tells_the_words_of_its_status_and_when_its_body_began(said: bytes) -> None:
    session = called()
    head, _, body = said.partition(b"\r\n\r\n")
    pieces = (b"HTTP/1.1 404 Not Here\r\n" + head + b"\r\n\r\n", body[:4], body[4:])
    for now, piece in enumerate(filter(None, pieces), 1):
        assert session.next_event() is NEED_DATA
        session.receive_data(piece, float(now))
    answer = session.next_event()
    assert isinstance(answer, HttpAnswer)
    assert (answer.reason, answer.body, answer.body_began_at) == ("Not Here", b"abc", 2.0)
    assert session.bytes_heard == sum(map(len, pieces))
    session.call("a.test", "/", {}, None)
    empty = hear(session, OK + b"Content-Length: 0\r\n\r\n")
    assert (empty.reason, empty.body_began_at) == ("OK", None)


@pytest.mark.parametrize(
    ("said", "body", "is_kept"),
    [
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"abc", True),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + PLAIN, b"abc", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
        (OK + b"A: b\r\nA: c\r\n" + PLAIN, b"abc", True),
        (OK + b"X: \xc3\xa4\r\n" + PLAIN, b"abc", True),
        (OK + b"Connection: close\r\n" + PLAIN, b"abc", False),
        (OK + PLAIN + b"more", b"abc", False),
        (OK + b"X: \xc3\xa4\r\n" + PLAIN + b"more", b"abc", False),
        (b"HTTP/1.0 200 OK\r\n" + PLAIN, b"abc", False),
    ],
)
def test_answers_of_every_form_are_heard(said: bytes, body: bytes, is_kept: bool) -> None:
    for at in (0, 20):
        session, last = called(), said[at:]
        session.receive_data(said[:at], 0.0)
        assert session.next_event() is NEED_DATA
        assert hear(session, last).body == body
        assert session.may_call is is_kept


def test_the_next_answer_may_have_another_form() -> None:
    session = called()
    assert hear(session, OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").body == b""
    session.call("a.test", "/", {}, b"")
    assert hear(session, OK + PLAIN).body == b"abc"


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    session = called()
    session.receive_data(OK + b"\r\nab", 0.0)
    assert session.next_event() is NEED_DATA
    session.receive_data(b"c", 0.0)
    session.receive_end()
    assert hear(session).body == b"abc"
    assert not session.may_call


@pytest.mark.parametrize(
    "said",
    [b"", b"SSH-2.0-x\r\n\r\n", OK, OK + b"Content-Length: 3\r\n\r\nab", b"x" * 70_000],
)
def test_what_is_no_answer_or_breaks_off_is_an_error(said: bytes) -> None:
    session = called()
    session.receive_data(said, 0.0)
    session.receive_end()
    why = r"is not HTTP/1\.1, or broke off" if said else "closed the connection in place of"
    with pytest.raises(HttpError, match=why):
        session.next_event()


@pytest.mark.parametrize("form", [b"Content-Length: 101", b"X: y"])
def test_no_more_is_taken_than_is_wanted(form: bytes) -> None:
    session = called()
    session.receive_data(OK + form + b"\r\n\r\n" + b"x" * 101, 0.0)
    with pytest.raises(HttpAnswerTooLongError, match="more than 100 bytes"):
        session.next_event()
