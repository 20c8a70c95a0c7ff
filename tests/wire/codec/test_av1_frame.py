"""AV1: the frames of a temporal unit."""

from __future__ import annotations

import pytest

from trio_srs.wire.codec.av1_frame import Av1Frame, iter_av1_frames
from trio_srs.wire.codec.record import CodecConfigError

DELIMITER = "1200"


@pytest.mark.parametrize(
    ("unit", "frames"),
    [
        ("", []),
        (DELIMITER, []),
        (f"{DELIMITER} 3201 10", [("key", True)]),
        ("3201 00", [("key", False)]),
        ("3201 20 3201 30", [("inter", False), ("inter", True)]),
        ("1a01 50", [("intra_only", True)]),
        ("1a01 70", [("switch", True)]),
        ("1a01 88", [("existing", True)]),
    ],
)
def test_frames_say_their_type_and_whether_they_are_shown(
    unit: str, frames: list[tuple[str, bool]]
) -> None:
    assert list(iter_av1_frames(bytes.fromhex(unit))) == [Av1Frame(*frame) for frame in frames]


def test_a_frame_header_of_nothing_is_refused() -> None:
    with pytest.raises(CodecConfigError, match="0 bytes, expected at least 1"):
        list(iter_av1_frames(b"\x32\x00"))
