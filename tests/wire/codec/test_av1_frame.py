"""AV1: how frames begin."""

from __future__ import annotations

import pytest

from trio_srs.wire.codec.av1_frame import Av1Frame, parse_av1_frame
from trio_srs.wire.codec.config_record import CodecConfigError


@pytest.mark.parametrize(
    ("payload", "kind", "shown"),
    [
        ("10", "key", True),
        ("00", "key", False),
        ("20", "inter", False),
        ("30ff", "inter", True),
        ("50", "intra_only", True),
        ("70", "switch", True),
        ("88", "existing", True),
    ],
)
def test_frames_say_their_type_and_whether_they_are_shown(
    payload: str, kind: str, shown: bool
) -> None:
    assert parse_av1_frame(bytes.fromhex(payload)) == Av1Frame(kind, shown)


def test_a_frame_header_of_nothing_is_refused() -> None:
    with pytest.raises(CodecConfigError, match="0 bytes, expected at least 1"):
        parse_av1_frame(b"")
