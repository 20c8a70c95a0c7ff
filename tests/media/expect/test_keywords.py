"""Type checkers know every fact of each method, and none that there is not."""

from __future__ import annotations

import inspect

import pytest

from trio_srs.media.expect import keywords, source_keywords
from trio_srs.media.expect.fluent import FRONTS, Expectation
from trio_srs.media.expect.subjects import SUBJECTS, find_subject


@pytest.mark.parametrize("front", [*FRONTS, "source"])
def test_the_names_of_a_method_are_those_of_the_subjects(front: str) -> None:
    module = source_keywords if front == "source" else keywords
    cls = getattr(module, f"{front.title().replace('_', '')}Keywords")
    start = "" if front == "source" else f"{front}."
    there = {name.removeprefix(start) for name in SUBJECTS if name.startswith(start)}
    assert set(cls.__annotations__) == {name.replace(".", "_") for name in there}
    assert not cls.__required_keys__
    annotation = inspect.signature(getattr(Expectation, front)).parameters["facts"].annotation
    assert annotation == f"Unpack[{module.__name__.rpartition('.')[2]}.{cls.__name__}]"


def test_there_is_a_method_for_every_front_that_has_facts_of_its_own() -> None:
    without = {"metadata", "level", "messages", "bytes", "metadata_changes", "clock", "digests"}
    assert {name.partition(".")[0] for name in SUBJECTS} == {*FRONTS, *without}
    assert find_subject("source.video.codec").from_source
