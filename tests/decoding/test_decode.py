"""The process that decodes: whatever becomes of it is a fact, and never an error of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.decoded.reencoding import pattern_file
from trio_srs.decoding.decode import DecodeLimits, decode_file, thumbnails_of
from trio_srs.decoding.wire_form import DecodeRequest
from trio_srs.media.decoded.decoded import DecodeEnd

pytestmark = pytest.mark.decoded


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pattern_file(tmp_path_factory.mktemp("pattern"), "h264:1280x720@25", seconds=2.0)


def test_all_of_it_is_decoded(pattern: Path) -> None:
    decoded = decode_file(pattern)
    assert decoded.end is DecodeEnd.COMPLETE
    assert [picture.number for picture in decoded.pictures] == list(range(50))
    assert decoded.end_detail == ""


@pytest.mark.parametrize(
    ("limits", "end", "detail"),
    [
        (DecodeLimits(silence_s=0.001), DecodeEnd.HUNG, "said nothing for"),
        (DecodeLimits(most_s=0.0), DecodeEnd.HUNG, "said nothing for 0.0 s and was ended"),
        (DecodeLimits(most_bytes=60 << 20), DecodeEnd.CRASHED, "exited with 1 before anything"),
    ],
)
def test_what_it_may_not_take_it_does_not_get(
    pattern: Path, limits: DecodeLimits, end: DecodeEnd, detail: str
) -> None:
    decoded = decode_file(pattern, limits=limits)
    assert decoded.end is end
    assert detail in decoded.end_detail


def test_a_process_that_is_killed_has_crashed_and_what_it_said_is_kept(
    pattern: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trio_srs.decoding.decode._CHILD", "tests.decoding.dying")
    decoded = decode_file(pattern)
    assert decoded.end is DecodeEnd.CRASHED
    assert decoded.end_detail == "the decoder was ended by signal 11 behind video frame 7"
    assert len(decoded.pictures) == 1


def test_a_file_that_is_not_there_is_a_crash_before_anything(tmp_path: Path) -> None:
    decoded = decode_file(tmp_path / "nonesuch.flv")
    assert decoded.end is DecodeEnd.CRASHED
    assert decoded.end_detail == "the decoder exited with 1 before anything was decoded"


@pytest.mark.parametrize("data", [b"", b"FLV", bytes(range(256)) * 64])
def test_noise_is_nothing_to_decode(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "noise.flv"
    path.write_bytes(data)
    decoded = decode_file(path)
    assert (decoded.end, decoded.pictures) == (DecodeEnd.COMPLETE, ())


def test_thumbnails_are_of_the_frames_and_times_that_were_asked_for(pattern: Path) -> None:
    request = DecodeRequest(
        path=str(pattern), measure=False, thumbnails=(3,), at_ms=(0.0, 500.0, 9000.0), width=160
    )
    made = thumbnails_of(request)
    assert [each.index for each in made] == [0, 3, 12, 49]
    assert all(each.jpeg.startswith(b"\xff\xd8") for each in made)
    assert len({each.jpeg for each in made}) == 4
