"""Both ends of RTMP are sessions, and the two needs are told apart."""

from __future__ import annotations

import pytest

from tests.session.pair import PUBLISH, QUIET, RANDOM
from trio_srs.session.base import NEED_DATA, NEED_DECISION, NEED_TURN, Need, Session
from trio_srs.session.rtmp_client import RtmpClientSession
from trio_srs.session.rtmp_server import RtmpServerSession


def test_a_session_needs_data_a_decision_or_another_turn() -> None:
    assert list(Need) == [NEED_DATA, NEED_DECISION, NEED_TURN]


@pytest.mark.parametrize(
    "session",
    [
        RtmpClientSession(random=RANDOM, now=5.0, options=PUBLISH),
        RtmpServerSession(random=RANDOM, now=5.0, options=QUIET),
    ],
    ids=["client", "server"],
)
def test_a_session_that_has_heard_nothing_says_and_wants_nothing(session: Session) -> None:
    session.receive_data(b"", 6.0)
    session.keep()
    session.on_time(1e9)
    assert (session.data_to_send(), session.next_deadline()) == (b"", float("inf"))
