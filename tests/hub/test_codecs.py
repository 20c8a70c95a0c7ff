"""Another codec is noticed at its first frame, and nothing is looked at again before the next."""

from __future__ import annotations

import pytest

from trio_srs.hub.codecs import CodecChanges


def asked(is_video: bool, *bodies: str) -> list[bool]:
    """Whether each is news, as whoever sees every frame asks."""
    changes = CodecChanges()

    def ask(body: bytes) -> bool:
        if is_video:
            return not body.startswith(changes.pictures) and changes.learn_video(body)
        return not body.startswith(changes.sounds) and changes.learn_audio(body)

    return [ask(bytes.fromhex(body)) for body in bodies]


@pytest.mark.parametrize(
    ("is_video", "bodies"),
    [
        (True, ["1701000000", "2701000000", "3701000028"]),
        (True, ["91 68766331 000000", "a3 68766331 00", "a1 68766331 000028"]),
        (False, ["af0121", "af0122"]),
        (False, ["91 4f707573 ff", "91 4f707573 fe"]),
    ],
)
def test_the_first_frame_is_news_and_those_alike_are_not(is_video: bool, bodies: list[str]) -> None:
    assert asked(is_video, *bodies) == [True] + [False] * (len(bodies) - 1)


@pytest.mark.parametrize(
    ("is_video", "bodies"),
    [
        (True, ["1701000000", "220000", "1701000000"]),
        (True, ["2701000000", "a3 68766331 00", "a3 61763031 00"]),
        (False, ["af0121", "2ffffb", "7fffff", "91 4f707573 ff", "91 664c6143 ff"]),
    ],
)
def test_each_other_codec_is_news(is_video: bool, bodies: list[str]) -> None:
    assert all(asked(is_video, *bodies))


@pytest.mark.parametrize(
    ("is_video", "body"),
    [
        (True, "a6 01 68766331 01 00"),
        (True, "a7 02 000001 01 68766331 00"),
        (False, "95 01 4f707573 01 00"),
        (False, "97 02 000001 01 4f707573 00"),
    ],
)
def test_whose_tracks_stand_further_behind_is_always_news(is_video: bool, body: str) -> None:
    assert asked(is_video, body, body) == [True, True]


def test_one_of_them_between_two_others_makes_both_news() -> None:
    """It may have had another codec for the same track."""
    many = "95 01 4f707573 00 00"
    assert asked(False, "af0121", many, "af0121") == [True, True, True]


@pytest.mark.parametrize("body", ["", "2f", "2f01"])
def test_what_is_shorter_than_any_frame_is_no_news(body: str) -> None:
    assert asked(False, "af0121", body, "af0121") == [True, False, False]
    assert asked(True, "1701000000", body, "1701000000") == [True, False, False]
