"""A file is seen as a stream, whole or up to what is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.remux.records import DATA
from tests.tools.files import clip, flv
from trio_srs.testing.bodies import audio_header, header, metadata
from trio_srs.tools.expect.media_file import report_of_file, what_is_missing
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.publish import MediaFileError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "two.flv"
    path.write_bytes(flv(clip(2)))
    return path


def test_a_file_is_seen_to_its_end(file: Path) -> None:
    report = report_of_file(file)
    assert report.facts.video is not None
    assert (report.stream, report.facts.video.frames) == (str(file), 50)
    assert (report.end, report.end_detail) == (None, "the end of the file")
    assert report.conduct.oddities == ()
    assert report.facts.metadata is not None


def test_there_can_be_enough_of_a_file(file: Path) -> None:
    report = report_of_file(file, Enough(frames=10))
    assert report.facts.video is not None
    assert report.facts.video.frames == 10
    assert report.end_detail == "judged up to here: there are enough frames"
    assert report.conduct.oddities == ()


def test_a_file_that_is_cut_off_is_odd(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])
    [oddity] = report_of_file(file).conduct.oddities
    size = file.stat().st_size
    assert (oddity.code, oddity.offset) == ("cut_off", size)
    assert oddity.detail == f"it ends inside a tag, at byte {size}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "No such file or directory"),
        (b"MP4!", "it begins with 'MP4!', expected FLV, MPEG-TS or MP4"),
        (flv([]), "no audio and no video in it"),
        (b"", "there is nothing in it"),
        (flv([metadata(), header(), audio_header()]), "no audio and no video in it, only headers"),
    ],
)
def test_what_is_no_stream_is_said(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "bad.flv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(MediaFileError, match=f"bad.flv: .*{message}"):
        report_of_file(path)


def planted(data: bytes, at_tag: int, stray: bytes) -> bytes:
    """A file with stray bytes in front of a tag."""
    pos = 13
    for _ in range(at_tag):
        pos += 15 + int.from_bytes(data[pos + 1 : pos + 4], "big")
    return data[:pos] + stray + data[pos:]


WHOLE = flv(clip(2))
STRAY_TAG = b"\x09\0\0\x02\0\0\0\0\0\0\0ab\0\0\1\1"


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (WHOLE, ""),
        (WHOLE * 2, f"another FLV file begins at byte {len(WHOLE)}; only one is read"),
        (WHOLE[:-1], f"it ends inside a tag, at byte {len(WHOLE) - 1}"),
        (WHOLE + b"stray", f"it ends inside a tag, at byte {len(WHOLE) + 5}"),
        (planted(WHOLE, 20, STRAY_TAG), "bytes are missing or stray"),
        (planted(WHOLE, 20, b"\x29"), "is encrypted; that is not read"),
    ],
)
def test_a_file_that_could_be_read_only_in_part_says_so(
    tmp_path: Path, data: bytes, missing: str
) -> None:
    path = tmp_path / "part.flv"
    path.write_bytes(data)
    report = report_of_file(path)
    assert missing in what_is_missing(report)
    assert bool(what_is_missing(report)) is bool(missing)
    assert len(report.trace) >= 15


@pytest.mark.parametrize("name", ["ts/ffmpeg_h264_aac.ts", "mp4/ffmpeg_h264_aac.mp4"])
def test_other_containers_are_seen_likewise(name: str) -> None:
    report = report_of_file(DATA / name)
    video, audio = report.facts.video, report.facts.audio
    assert video is not None
    assert audio is not None
    assert (video.codec, video.frames, audio.codec, audio.frames) == ("h264", 4, "aac", 9)
    assert (report.conduct.oddities, what_is_missing(report)) == ((), "")
    assert (report.facts.digests, report.end_detail) == (None, "the end of the file")


def test_a_transport_stream_may_begin_and_end_inside_a_packet(tmp_path: Path) -> None:
    path = tmp_path / "cut.ts"
    path.write_bytes((DATA / "ts" / "ffmpeg_h264_aac.ts").read_bytes()[1:-1])
    report = report_of_file(path)
    assert [oddity.code for oddity in report.conduct.oddities][:2] == ["garbage", "cut_short"]
    assert what_is_missing(report) == "187 bytes of a packet"


@pytest.mark.parametrize("is_behind", [True, False])
def test_an_mp4_without_fragments_is_said_to_have_nothing(tmp_path: Path, is_behind: bool) -> None:
    path = tmp_path / "plain.mp4"
    whole = (DATA / "mp4" / "ffmpeg_h264_aac.mp4").read_bytes()
    brand, movie = whole[: (at := whole.index(b"moov") - 4)], whole[at : whole.index(b"moof") - 4]
    data, movie = b"\0\0\0\x0cmdatdata", movie.replace(b"mvex", b"free")
    path.write_bytes(brand + (movie + data if is_behind else data + movie))
    with pytest.raises(MediaFileError, match="no video in it; a movie that is not fragmented"):
        report_of_file(path)
