"""Facts are plain values, and each says what it is."""

from __future__ import annotations

import ast
import inspect

import attrs
import pytest

from trio_srs.media import facts
from trio_srs.media.facts import StreamFacts, TrackFacts


def test_the_first_track_of_each_kind_is_at_hand() -> None:
    audio, video = TrackFacts(kind="audio", track_id=7), TrackFacts(kind="video")
    stream = StreamFacts(tracks=(audio, video, TrackFacts(kind="audio")))
    assert (stream.audio, stream.video) == (audio, video)
    assert (StreamFacts().audio, StreamFacts().video) == (None, None)


@pytest.mark.parametrize("name", facts.__all__)
def test_every_field_says_what_it_is(name: str) -> None:
    cls = getattr(facts, name)
    [definition] = ast.parse(inspect.getsource(cls)).body
    assert isinstance(definition, ast.ClassDef)
    said = [
        node.target.id
        for node, after in zip(definition.body, definition.body[1:], strict=False)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(after, ast.Expr)
    ]
    assert said == [field.name for field in attrs.fields(cls)]
