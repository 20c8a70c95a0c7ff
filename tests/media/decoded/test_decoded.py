"""What came of decoding: nothing, unless something is said."""

from __future__ import annotations

from trio_srs.media.decoded.decoded import Decoded, DecodeEnd


def test_nothing_was_decoded_and_that_was_all() -> None:
    decoded = Decoded()
    assert decoded.end is DecodeEnd.COMPLETE
    assert not decoded.pictures
    assert [end.value for end in DecodeEnd] == ["complete", "crashed", "hung", "out_of_memory"]
