"""Keys change every so many segments, and are known for as long as they are needed."""

from __future__ import annotations

from tests.media.segments.ciphers import PlainCipher
from trio_srs.media.segments.segment_keys import SegmentKeys


def test_so_many_segments_have_the_same_key_in_every_rendition() -> None:
    keys = SegmentKeys(PlainCipher(), "key-e", 3)
    made = [keys.encrypt(number, [b"a", b"b"]) for number in (299, 300, 301, 302, 300, 303)]
    assert [key.name for key, _ in made] == [
        "key-e-99.key", *["key-e-100.key"] * 4, "key-e-101.key",
    ]  # fmt: skip
    assert [data[0] for _, data in made] == [1, 2, 2, 2, 2, 3]
    assert made[0][1][16:] == (299).to_bytes(16, "big") + b"ab"
    assert "data" not in repr(made[0][0])


def test_a_key_is_found_until_no_segment_needs_it() -> None:
    keys = SegmentKeys(PlainCipher(), "key-e", 1)
    for number in range(100, 120):
        keys.encrypt(number, [b"x"])
    first, last = keys.find("key-e-100.key"), keys.find("key-e-119.key")
    assert first is not None
    assert last is not None
    assert first.data != last.data
    keys.forget_before(115)
    assert keys.find("key-e-100.key") is keys.find("nothing") is None
    assert keys.find("key-e-107.key") is not None
