"""Whoever misspells is told the nearest name."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import pytest

from trio_srs.testing import PlayerProcess, ServerProcess
from trio_srs.testing.hints import WithHints, nearest
from trio_srs.testing.starting import check_words
from trio_srs.testing.trio_fixtures import TrioServer


class Recorder(WithHints):
    def __init__(self, *, folder: str = "here") -> None:
        self.folder = folder

    @property
    def broken(self) -> str:
        raise AttributeError("from within")

    def record(self, stream: str, *, seconds: float = 1.0) -> str:
        return f"{self.folder}/{stream} {seconds:g}"

    def take(self, **words: object) -> object:
        return words

    def between(self, low: int, /, high: int) -> int:
        return high - low


def test_what_is_right_goes_through() -> None:
    recorder: Any = Recorder(folder="there")
    assert recorder.record("live/a", seconds=2) == "there/live/a 2"
    assert recorder.record(stream="live/b") == "there/live/b 1"
    assert recorder.take(anything=5) == {"anything": 5}
    assert recorder.between(2, high=5) == 3
    assert recorder.record.__name__ == "record"


RECORDER_CLASS: Any = Recorder
PLAYER_CLASS: Any = PlayerProcess
SERVER: Any = ServerProcess.__new__(ServerProcess)
PLAYER: Any = PlayerProcess.__new__(PlayerProcess)
ANY_RECORDER: Any = Recorder()
TWIN: Any = TrioServer(SERVER)

WRONG: Final[list[tuple[Callable[[], object], str]]] = [
    (lambda: ANY_RECORDER.recrod("a"), """Recorder has no 'recrod'; did you mean "record"?"""),
    (lambda: ANY_RECORDER.zzz, "Recorder has no 'zzz'; there are between, broken, record, take"),
    (
        lambda: ANY_RECORDER.record("a", second=2),
        """record() has no argument 'second'; did you mean "seconds"?""",
    ),
    (lambda: RECORDER_CLASS(foldr="a"), """'foldr'; did you mean "folder"?"""),
    (
        lambda: ANY_RECORDER.between(2, hi=3, low=5),
        "between() has no argument 'hi'; did you mean \"high\"?",
    ),
    (lambda: SERVER.wait_for_publsh("live/a"), 'did you mean "wait_for_publish"?'),
    (
        lambda: SERVER.wait_for_frames("live/a", 5, timeout_s=3),
        """wait_for_frames() has no argument 'timeout_s'; did you mean "timeout"?""",
    ),
    (lambda: SERVER.kick("live/a", details="no"), 'did you mean "detail"?'),
    (lambda: SERVER.session, """ServerProcess has no 'session'; did you mean "sessions"?"""),
    (lambda: PLAYER.digests, """PlayerProcess has no 'digests'; did you mean "digest"?"""),
    (lambda: PLAYER.wait(timeot=1), 'did you mean "timeout"?'),
    (lambda: PLAYER_CLASS("rtmp://h/live/a", sped=2), "has no argument 'sped'"),
    (lambda: TWIN.wait_for_end("live/a", timout=3), 'did you mean "timeout_s"?'),
    (lambda: check_words({"second": 2}, is_file=False), 'did you mean "seconds"?'),
    (lambda: check_words({"gop": 2}, is_file=False), 'did you mean "gop_s"?'),
    (lambda: check_words({"defect": 2}, is_file=False), 'did you mean "defects"?'),
    (lambda: check_words({"loop": True}, is_file=False), "'loop': it is for a file"),
    (lambda: check_words({"kbps": 5}, is_file=True), "'kbps': it is for a made-up stream"),
    (lambda: check_words({"lop": True}, is_file=True), 'did you mean "loop"?'),
]


@pytest.mark.parametrize(("call", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_misspelt_is_told_in_one_line_with_the_nearest(
    call: Callable[[], object], words: str
) -> None:
    with pytest.raises((AttributeError, TypeError), match=re.escape(words)) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_property_that_fails_is_not_said_to_be_missing() -> None:
    with pytest.raises(AttributeError, match="object has no attribute 'broken'"):
        _ = Recorder().broken
    with pytest.raises(AttributeError, match="object has no attribute '_private'"):
        _ = ANY_RECORDER._private


def test_where_nothing_is_near_all_that_there_is_is_told() -> None:
    assert nearest("zzz", ["seconds", "loop"]) == "; there are loop, seconds"
    assert nearest("zzz", []) == "; there are none"
