"""Every name of a stream is some name of a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.tools.file_name import file_name


@pytest.mark.parametrize(
    ("stream", "name"),
    [
        ("live/cam1", "live-cam1"),
        ("live/a b", "live-a-b"),
        ("live/käm-日本", "live-käm-日本"),
        ("live/\udcff", "live-"),
        ("../../etc", "..-..-etc"),
        ("x" * 300, "x" * 100),
        ("日" * 300, "日" * 33),
    ],
)
def test_a_stream_has_a_file(stream: str, name: str, tmp_path: Path) -> None:
    assert file_name(stream) == name
    (tmp_path / f"{name}-1.flv").touch()


def test_where_files_have_ascii_names_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsencode", lambda name: name.encode("ascii"))
    assert file_name("live/käm-日本") == "live-k-m--"
    assert file_name("live/cam1") == "live-cam1"


@given(st.text(st.characters(), max_size=300))
def test_any_text_can_be_encoded_and_is_short(stream: str) -> None:
    name = os.fsencode(file_name(stream))
    assert len(name) <= 100
    assert b"/" not in name
    assert b"\0" not in name
