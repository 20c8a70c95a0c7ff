"""The files of ``tests/data/amf``: real ones are read, hostile ones refused, and all quickly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.wire.amf.invariants import VERSIONS, check, read_again
from trio_srs.wire.amf import amf0

CORPUS = Path(__file__).parents[2] / "data" / "amf"
FILES = sorted(CORPUS.glob("*.bin"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_is_read_or_refused_as_its_name_says(file: Path) -> None:
    version, _, what = file.stem.partition("_")
    refused = what.endswith(("_bad", "_truncated"))
    assert read_again(VERSIONS[version], file.read_bytes()) is not refused


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_other_version_survives_it_too(file: Path) -> None:
    check(file.read_bytes())


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*_ffmpeg.bin")), ids=lambda file: file.stem)
def test_what_ffmpeg_sends_is_written_byte_for_byte(file: Path) -> None:
    data = file.read_bytes()
    assert amf0.encode(*amf0.decode_all(data)) == data


def test_ffmpeg_connects_as_it_does() -> None:
    name, transaction_id, info = amf0.decode_all((CORPUS / "amf0_connect_ffmpeg.bin").read_bytes())
    assert (name, transaction_id) == ("connect", 1.0)
    assert isinstance(info, dict)
    assert info["app"] == "live"
    assert info["flashVer"] == "FMLE/3.0 (compatible; Lavf63.1.102)"
