"""What tracks of sound are called, and which of them a player may choose by itself."""

from __future__ import annotations

import pytest

from trio_srs.media.segments.sound_label import SoundLabel, labels_of, read_label


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("de: Originalton", "de", "Originalton"),
        ("zh-Hant-TW", "zh-Hant-TW", ""),
        (": Music: loud", "", "Music: loud"),
        ("en:", "en", ""),
    ],
)
def test_a_label_is_a_language_and_a_name(text: str, language: str, name: str) -> None:
    assert read_label(text) == SoundLabel(language, name)


@pytest.mark.parametrize("text", ["", ":", "Music", "deutsch: x", 'en: "x"', "en: a\nb", "1: x"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a language and a name"):
        read_label(text)


def test_tracks_are_told_apart() -> None:
    said = [read_label(text) for text in ("de", "en: English", "en: English", "en")]
    made = labels_of(["audio", "audio1", "audio2", "audio3", "audio9"], said)
    assert [(each.language, each.name) for each in made.values()] == [
        ("de", "de"), ("en", "English"), ("en", "English (audio2)"), ("en", "en"), ("", ""),
    ]  # fmt: skip
    assert [each.is_first for each in made.values()] == [True, False, False, False, False]
    assert [each.is_automatic for each in made.values()] == [True, True, False, False, False]


def test_the_first_that_is_there_is_played_where_nobody_chooses() -> None:
    made = labels_of(["audio2"], [read_label("de")])
    assert made == {"audio2": SoundLabel(is_first=True, is_automatic=True)}
