"""What is answered of segments and parts, and when their bytes go into a file."""

from __future__ import annotations

import sys

import pytest

from tests.media.segments.test_rendition import add, rendition
from trio_srs.hub.memory_files import MemoryFiles
from trio_srs.media.segments.rendition import Rendition
from trio_srs.media.segments.segment import Segment
from trio_srs.service.segmented.media_answers import Media, MediaAnswers
from trio_srs.session.file_slice import FileSlice

linux = pytest.mark.skipif(sys.platform != "linux", reason="memfd_create is Linux only")
LARGE = 200_000
NAME = "v-e-100.m4s"


def made(size: int = LARGE) -> Rendition:
    """One segment of two parts."""
    one = rendition()
    add(one, size=size, parts=2, init=b"init")
    return one


def body(media: Media | None) -> bytes:
    assert media is not None
    return b"".join(map(bytes, media.answer.chunks))


def is_of_a_file(media: Media | None) -> bool:
    assert media is not None
    return any(isinstance(chunk, FileSlice) for chunk in media.answer.chunks)


@linux
def test_a_segment_goes_into_a_file_when_it_is_asked_for_again() -> None:
    files, one = MemoryFiles(5), made()
    answers = MediaAnswers(files)
    first, second, third = (answers.find(one, NAME) for _ in range(3))
    assert [is_of_a_file(each) for each in (first, second, third)] == [False, True, True]
    assert second is third
    assert body(first) == body(second) == bytes(LARGE)
    assert first is not None
    assert second is not None
    assert (first.answer_bytes, first.answer.etag) == (second.answer_bytes, second.answer.etag)
    assert files.count == 1


@linux
def test_its_parts_are_in_the_file_as_well_and_nowhere_else() -> None:
    one = made()
    answers = MediaAnswers(MemoryFiles(5))
    part = answers.find(one, "v-e-100.1.m4s")
    assert (is_of_a_file(part), body(part)) == (False, bytes(LARGE // 2))
    answers.find(one, NAME)
    answers.find(one, NAME)
    moved = answers.find(one, "v-e-100.1.m4s")
    assert (is_of_a_file(moved), body(moved)) == (True, bytes(LARGE // 2))
    assert moved is not None
    assert (moved.start, moved.duration) == (90_000, 90_000)
    assert (moved.rendition, moved.number) == ("v-e", 100)
    segment = one.find(NAME)
    assert isinstance(segment, Segment)
    assert [part.data for part in segment.parts] == [bytes(LARGE // 2)] * 2
    assert one.size == LARGE


@linux
async def test_segments_share_a_file_as_soon_as_there_is_one() -> None:
    files, one = MemoryFiles(5), made()
    add(one, size=LARGE, parts=2)
    files.on_want = lambda: None  # it is prepared below
    answers = MediaAnswers(files)
    for name in (NAME, "v-e-101.m4s"):
        assert not any(is_of_a_file(answers.find(one, name)) for _ in range(5))
    await files.prepare()
    at_once = files.has_room(LARGE, one.window)  # else the kernel has no huge pages
    for name in (NAME, "v-e-101.m4s"):
        found = [is_of_a_file(answers.find(one, name)) for _ in range(3)]
        assert found == [at_once, at_once, True]
    for name in (NAME, "v-e-101.m4s", "v-e-101.1.m4s"):
        media = answers.find(one, name)
        assert is_of_a_file(media)
        assert media is not None
        assert body(media) == bytes(media.answer_bytes)
    assert 1 <= files.count <= 2  # the kernel may have no huge pages


def test_what_is_small_or_has_no_room_stays_where_it_is() -> None:
    for files, size in ((MemoryFiles(5), 100_000), (MemoryFiles(0), LARGE)):
        one, answers = made(size), MediaAnswers(files)
        assert not any(is_of_a_file(answers.find(one, NAME)) for _ in range(4))
        assert (body(answers.find(one, NAME)), files.count) == (bytes(size), 0)


@linux
def test_a_file_is_closed_with_its_segment_and_the_last_answer_that_is_under_way() -> None:
    files, one = MemoryFiles(5), made()
    answers = MediaAnswers(files)
    answers.find(one, NAME)
    under_way = answers.find(one, NAME)
    for _ in range(20):
        add(one)
    assert answers.find(one, NAME) is None
    assert (files.count, body(under_way)) == (1, bytes(LARGE))
    del under_way
    assert files.count == 0


def test_what_is_needed_to_read_it_counts_as_bytes_only() -> None:
    media = MediaAnswers(MemoryFiles(5)).find(made(), "v-e-100-init.mp4")
    assert media is not None
    assert (media.answer_bytes, media.rendition, media.answer.content_type) == (4, "", "video/mp4")


def test_a_part_that_is_listed_no_more_is_given_all_the_same() -> None:
    one = made()
    for _ in range(12):
        add(one)
    assert one.segments[0].number > 100
    media = MediaAnswers(MemoryFiles(5)).find(one, "v-e-100.0.m4s")
    assert (body(media), media and media.rendition) == (bytes(LARGE // 2), "")
