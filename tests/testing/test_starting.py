"""What type checkers know of arguments is what there is."""

from __future__ import annotations

import inspect

import attrs
import pytest

from trio_srs.config.sections import SECTIONS
from trio_srs.media.pattern import Pattern
from trio_srs.testing import PlayerProcess, PublisherProcess, ServerProcess
from trio_srs.testing.starting import (
    FileWords,
    PatternWords,
    PublishWords,
    Sections,
    StartPlayer,
    StartPublisher,
    StartServer,
    check_words,
)
from trio_srs.testing.trio_fixtures import TrioPlayer, TrioPublisher
from trio_srs.tools.publish import PublishOptions


def fields(kind: type[attrs.AttrsInstance]) -> set[str]:
    return {field.alias or "" for field in attrs.fields(kind) if field.init}


def test_the_words_of_a_publisher_are_those_of_its_stream() -> None:
    assert {*PatternWords.__annotations__} == fields(Pattern) - {"codec", "audio", "defects"}
    assert {*FileWords.__annotations__} == fields(PublishOptions) - {"speed"}
    assert {*PublishWords.__annotations__} == {
        *PatternWords.__annotations__,
        *FileWords.__annotations__,
    }


def test_the_sections_are_those_of_the_configuration() -> None:
    assert {*Sections.__annotations__} == {*SECTIONS}


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (StartPublisher, PublisherProcess.__init__),
        (TrioPublisher, PublisherProcess.__init__),
        (StartPlayer, PlayerProcess.__init__),
        (TrioPlayer, PlayerProcess.__init__),
        (StartServer, ServerProcess.__init__),
    ],
)
def test_what_starts_one_takes_what_its_class_takes(start: type, kind: object) -> None:
    _, *words = inspect.signature(start.__call__).parameters
    assert callable(kind)
    _, *there = inspect.signature(kind).parameters
    assert [{"stream": "url"}.get(word, word) for word in words] == there


def test_words_that_there_are_go_through() -> None:
    check_words({"seconds": 2, "gop_s": 1, "jitter_ms": 3}, is_file=False)
    check_words({"seconds": 2, "loop": True}, is_file=True)
