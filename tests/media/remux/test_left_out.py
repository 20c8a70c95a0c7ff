"""What is left out has words."""

from __future__ import annotations

from trio_srs.media.remux.left_out import LeftOut, LeftOutReason


def test_it_is_said_in_a_line() -> None:
    what = LeftOut("video", "vp9", LeftOutReason.NOT_CARRIED, "the container has no place for it")
    assert str(what) == "video vp9: the container has no place for it"
    assert str(LeftOut("audio", "", LeftOutReason.UNREADABLE, "empty")) == "audio: empty"
