"""What happened, in sentences: the newest first, what is alike told once, and not too much."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.errors import EndReason
from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.hub.wait_diagnosis import diagnose


def session(*requests: RequestFacts, peer: str = "10.0.0.1:5000", **more: Any) -> SessionFacts:
    said = {"id": "c1", "protocol": "rtmp", "began_at": 0.0, "seconds": 1.0, "requests": requests}
    return SessionFacts(**{**said, "peer": peer, **more})


def request(what: str, stream: str, outcome: str = "accepted", **more: Any) -> RequestFacts:
    return RequestFacts(what=what, stream=stream, at_s=0.0, outcome=outcome, **more)


ENDED: dict[str, Any] = {"end": EndReason.KICKED, "end_detail": "enough"}
SENTENCES = {
    # a session, and what is said of it
    "silent": (session(), "10.0.0.1 connected without a handshake"),
    "silent and ended": (
        session(end=EndReason.HANDSHAKE_TIMEOUT, end_detail="no handshake within 5 s"),
        "10.0.0.1 connected without a handshake, handshake_timeout (no handshake within 5 s)",
    ),
    "another protocol": (
        session(end=EndReason.PROTOCOL_ERROR, end_detail="an HTTP client connected: GET /live"),
        "10.0.0.1: an HTTP client connected: GET /live",
    ),
    "no more than a handshake": (
        session(handshake_s=0.1, end=EndReason.PEER_FIN),
        "10.0.0.1 finished the handshake and did not connect, peer_fin",
    ),
    "connected": (
        session(handshake_s=0.1, app="live", client="FMLE/3.0"),
        "10.0.0.1 (FMLE/3.0) connected to live and asked for nothing",
    ),
    "a unix socket": (
        session(peer="unix", handshake_s=0.1, app="live"),
        "unix connected to live and asked for nothing",
    ),
    "undecided": (
        session(request("publish", "live/a", "asked"), app="live"),
        "not decided: publish of live/a by 10.0.0.1",
    ),
    "refused": (
        session(request("publish", "live/a", "stream_busy")),
        "refused: live/a by 10.0.0.1, stream_busy",
    ),
    "refused a play": (
        session(request("play", "live/a", "stream_not_found")),
        "refused play: live/a by 10.0.0.1, stream_not_found",
    ),
    "publishes": (
        session(request("publish", "live/a", messages=5, bytes=6)),
        "published: live/a by 10.0.0.1, 5 messages so far",
    ),
    "plays": (
        session(request("play", "live/a", bytes=6)),
        "played: live/a by 10.0.0.1, 6 bytes so far",
    ),
    "published": (
        session(request("publish", "live/a", messages=5, **ENDED)),
        "published: live/a by 10.0.0.1, 5 messages, kicked (enough)",
    ),
}


@pytest.mark.parametrize(("facts", "sentence"), SENTENCES.values(), ids=list(SENTENCES))
def test_what_a_session_did_is_a_sentence(facts: SessionFacts, sentence: str) -> None:
    assert diagnose([facts], "live/x") == (sentence,)


def test_the_newest_is_first_but_for_what_was_done_to_the_stream_itself() -> None:
    refused = [request("publish", f"live/{name}", "no") for name in "abc"]
    told = diagnose([session(refused[0]), session(refused[1], refused[2])], "live/a")
    assert [line.split()[1] for line in told] == ["live/a", "live/c", "live/b"]
    assert [line.split()[1] for line in diagnose([session(*refused)], "live/x")] == [
        "live/c",
        "live/b",
        "live/a",
    ]


def test_what_is_alike_is_told_once_with_a_number() -> None:
    many = [session(peer=f"10.0.0.1:{port}") for port in range(50)]
    assert diagnose([*many, session(peer="10.0.0.2:1")], "live/a") == (
        "10.0.0.2 connected without a handshake",
        "10.0.0.1 connected without a handshake (50 times)",
    )


def test_there_are_no_more_than_eight_sentences_and_none_is_long() -> None:
    many = [session(peer=f"10.0.0.{n}:1", end=EndReason.PEER_RST, end_detail="x" * 999)
            for n in range(20)]  # fmt: skip
    told = diagnose(many, "live/a")
    assert len(told) == 8
    assert {len(line) for line in told} == {200}
    assert told[0].endswith("x...")
