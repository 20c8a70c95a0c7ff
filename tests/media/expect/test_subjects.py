"""Everything that rules can be about is found by its name, and nothing else."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import published, timed
from trio_srs.media.expect.evidence import Absent, Evidence, Seen
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.subject import Kind
from trio_srs.media.expect.subjects import SUBJECTS, by_name, find_subject
from trio_srs.testing import bodies
from trio_srs.wire.amf.values import UNDEFINED, Value


def metadata(values: dict[str, Value] | None, subject: str) -> Seen:
    messages = [bodies.key(0)] if values is None else [bodies.metadata(values)]
    return find_subject(subject).read(Evidence(report=published(timed(messages))))


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_subject_is_found_by_its_name(name: str) -> None:
    subject = find_subject(name)
    assert subject.name == name
    assert subject.definition or subject.path, "it says what it is, or the fact does"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("video.fsp", "video.fps"),
        ("audio.samplerate", "audio.sample_rate"),
        ("gop.seconds", "video.gop.seconds"),
    ],
)
def test_a_misspelt_name_is_met_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(RuleError, match=near) as caught:
        find_subject(name)
    assert f'there is no "{name}"' in str(caught.value)


@pytest.mark.parametrize("name", ["zzzzzz", "metadata.", 'metadata.a"b', ""])
def test_a_name_like_no_other_is_just_refused(name: str) -> None:
    with pytest.raises(RuleError, match="there is no"):
        find_subject(name)


def test_any_key_of_the_metadata_is_a_subject() -> None:
    values: dict[str, Value] = {
        "encoder": "me", "width": 640.0, "rate": "2500", "stereo": True, "odd": UNDEFINED,
    }  # fmt: skip
    assert find_subject("metadata.encoder").kind is Kind.ANY
    assert metadata(values, "metadata.encoder") == "me"
    assert metadata(values, "metadata.width") == 640
    assert metadata(values, "metadata.rate") == 2500
    assert metadata(values, "metadata.stereo") is True
    assert metadata(values, "metadata.odd") == "undefined"


def test_a_key_that_is_not_there_is_absent() -> None:
    assert metadata({"a": 1.0, "b": 2.0}, "metadata.c") == Absent("the metadata have a, b")
    assert metadata({}, "metadata.c") == Absent("the metadata have nothing")
    assert metadata(None, "metadata.c") == Absent("no metadata came")


def test_a_subject_may_be_about_the_source() -> None:
    subject = find_subject("source.metadata.encoder")
    assert (subject.name, subject.from_source) == ("source.metadata.encoder", True)
    with pytest.raises(RuleError, match="a source has no source"):
        find_subject("source.source.video.fps")


def test_no_two_subjects_have_one_name() -> None:
    first, second = find_subject("video.fps"), find_subject("metadata.video.fps")
    assert by_name([first, second]) == {"video.fps": first, "metadata.video.fps": second}
    with pytest.raises(TypeError, match=r"two subjects are called video\.fps"):
        by_name([first, attrs.evolve(second, name="video.fps")])
