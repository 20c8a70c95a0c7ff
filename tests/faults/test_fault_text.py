"""Faults as text, and back."""

from __future__ import annotations

import pytest

from trio_srs.faults.fault import Fault, FaultError
from trio_srs.faults.fault_kind import KINDS, FaultKind, FaultMoment
from trio_srs.faults.fault_text import KEYS, fault_text, parse_fault
from trio_srs.faults.fault_values import Nth, Threshold, Unit

EXAMPLES = (
    "reset publish after=2s times=1",
    "refuse connect app=live times=2 code=NetConnection.Connect.Failed object=object then=stay",
    "refuse publish 'description=no such key' status=404",
    "late createStream share=0.5 by=350ms",
    "slow play nth=2- rate=100kB/s direction=out",
    "stall publish after=50frames for=10s",
    "close play after=keyframe inside=chunk",
    "redirect play stream='live/cam*' to=rtmp://elsewhere/live/a",
    "malformed publish broken=chunk",
    "refuse publish address=10.0.0.0/8 protocol=rtmps vhost=example.com",
)


@pytest.mark.parametrize("text", EXAMPLES)
def test_what_is_written_is_what_was_read(text: str) -> None:
    fault = parse_fault(text)
    assert parse_fault(fault_text(fault)) == fault


def test_the_keys_of_a_text_are_values() -> None:
    assert parse_fault("reset publish after=2s times=1 nth=3 app=live") == Fault(
        kind=FaultKind.RESET,
        moment=FaultMoment.PUBLISH,
        after=Threshold(2, Unit.SECONDS),
        times=1,
        nth=Nth(3, 3),
        app="live",
    )


def test_keys_may_be_given_as_words() -> None:
    words = {"at": "play", "after": 2.5, "times": 1}
    assert parse_fault("reset", words) == parse_fault("reset play after=2.5s times=1")
    assert parse_fault("stall", {"for_": "3s"}) == parse_fault("stall publish for=3s")


@pytest.mark.parametrize("kind", FaultKind)
def test_without_a_moment_it_is_the_first_of_its_kind(kind: FaultKind) -> None:
    needed = {"to": "rtmp://x/y", "by": "1s", "rate": "1kB", "code": "x", "bytes": "1B"}
    words = {key: needed[key] for key in KINDS[kind].needs}
    assert parse_fault(kind, words).moment is KINDS[kind].moments[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected KIND"),
        ("reset 'publish", "no closing quotation"),
        ("rest publish", "did you mean 'reset'"),
        ("reset publixsh", "did you mean 'publish'"),
        ("reset acknowledgement", "not at acknowledgement, expected one of"),
        ("reset publish soon", "expected KIND"),
        ("reset publish tims=2", "did you mean 'times'"),
        ("reset publish times=0", "times: expected a whole number from 1 on, not '0'"),
        ("reset publish times=1 times=2", "times is said twice"),
        ("reset publish after=x", "after: expected a time"),
        ("reset publish share=2", "share: expected a number above 0"),
        ("reset publish share=x", "share: expected a number above 0"),
        ("reset publish by=2s", "reset: there is no by; there are"),
        ("refuse publish status=200", "status: expected a status from 400 to 599"),
        ("refuse publish then=go", "then: expected close or stay, not 'go'"),
        ("late publish", "late: expected by="),
        ("slow publish rate=0", "more than 0 bytes a second"),
        ("refuse publish after=2s", "there is no after"),
        ("refuse publish address=here", "address: expected a network"),
    ],
)
def test_what_is_no_fault_is_told_what_is(text: str, words: str) -> None:
    with pytest.raises(FaultError, match=words):
        parse_fault(text)


def test_every_key_is_one_of_a_fault() -> None:
    assert {key for kind in FaultKind for key in Fault.keys_of(kind)} == set(KEYS)
