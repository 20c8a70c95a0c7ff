"""Digests: the same for the same messages, in three ways."""

from __future__ import annotations

import hashlib
import struct

import attrs
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.media.digest import MODES, Digests, whole
from trio_srs.media.facts import DigestFacts

Item = tuple[int, int, bytes]
MESSAGES = st.lists(
    st.tuples(st.sampled_from([8, 9]), st.integers(0, 2**32 - 1), st.binary(max_size=20))
)


def sha(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


def digests(messages: list[Item]) -> DigestFacts:
    made = Digests()
    for type_id, at_ms, body in messages:
        made.add(whole(type_id, at_ms, body), body)
    return made.facts()


@given(MESSAGES)
def test_they_are_what_is_promised(messages: list[Item]) -> None:
    exact = sha(*(whole(*message) for message in messages))
    payload = sha(*(body for _, _, body in messages))
    assert digests(messages) == DigestFacts(exact, payload, exact)


@given(MESSAGES, st.integers(1, 1000))
def test_payloads_alone_do_not_mind_the_time(messages: list[Item], shift: int) -> None:
    later = [(kind, (at_ms + shift) % 2**32, body) for kind, at_ms, body in messages]
    assert digests(later).payload == digests(messages).payload
    assert (digests(later).exact == digests(messages).exact) is (not messages)


def test_user_data_makes_no_difference_where_it_is_left_out() -> None:
    def with_user_data(text: bytes) -> DigestFacts:
        made = Digests()
        made.add(whole(9, 0, b"first"), b"first")
        second = text + b"second"
        made.add(whole(9, 40, second), second, whole(9, 40, b"second"))
        made.add(whole(9, 80, b"third"), b"third")
        return made.facts()

    one, other = with_user_data(b"x264"), with_user_data(b"x265")
    assert one.without_user_data == other.without_user_data
    assert (one.exact == other.exact, one.payload == other.payload) == (False, False)
    assert one.without_user_data == sha(
        whole(9, 0, b"first"), whole(9, 40, b"second"), whole(9, 80, b"third")
    )


def test_a_digest_can_be_had_at_any_moment() -> None:
    made = Digests()
    before = made.facts()
    made.add(whole(9, 0, b"x"), b"x")
    assert made.facts() != before
    assert made.facts() == made.facts()


def test_the_letter_of_a_message() -> None:
    assert whole(9, 0x01020304, b"ab") == struct.pack(">BII", 9, 0x01020304, 2) + b"ab"


def test_every_mode_is_a_digest() -> None:
    assert list(MODES.values()) == [field.name for field in attrs.fields(DigestFacts)]
