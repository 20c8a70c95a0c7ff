"""A container is told by its first bytes; what is none is said."""

from __future__ import annotations

import pytest

from trio_srs.wire.container import Container, UnknownContainerError, find_container

PACKET = b"G" + bytes(187)


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"FLV", Container.FLV),
        (b"FLV\1\5\0\0\0\x09", Container.FLV),
        (b"\0\0\0\x18ftyp", Container.MP4),
        (b"\0\0\0\x18styp", Container.MP4),
        (b"\0\0\0\x18moof", Container.MP4),
        (PACKET * 3, Container.TS),
        (PACKET * 4, Container.TS),
        (b"", None),
        (b"FL", None),
        (PACKET[:20], None),
        (PACKET * 2 + b"G", None),
    ],
)
def test_it_is_told_as_soon_as_it_can_be(head: bytes, container: Container | None) -> None:
    assert find_container(head) is container


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"<!DOCTYPE html>\n<html>", "it begins with '<!DOCTYPE html>', expected FLV, MPEG-TS or"),
        (bytes(8), "it begins with 0000000000000000, expected"),
        (b"\xe9t\xe9 \xe0 la", "it begins with e974e920e0206c61, expected"),
        (b"#EXTM3U\n", "it is an HLS playlist, expected a stream in FLV, MPEG-TS or MP4"),
        (b"<?xml version='1.0'?>\n<MPD>", "it is a DASH manifest, expected a stream in FLV"),
        (PACKET + b"H", "it begins with 47"),
        (PACKET * 2 + b"a" * 188, "it begins with 47"),
        (b"a" + PACKET * 3, "it begins with 6147"),
    ],
)
def test_what_is_none_is_said(head: bytes, words: str) -> None:
    with pytest.raises(UnknownContainerError) as caught:
        find_container(head)
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize("head", [b"", b"FL", b"G", PACKET[:187]])
def test_at_the_end_there_has_to_be_enough(head: bytes) -> None:
    with pytest.raises(UnknownContainerError, match=r"there is nothing in it|expected FLV"):
        find_container(head, is_all=True)


def test_at_the_end_one_packet_is_enough() -> None:
    assert find_container(PACKET, is_all=True) is Container.TS
    assert find_container(PACKET * 2 + b"G", is_all=True) is Container.TS


def test_it_may_begin_inside_a_packet() -> None:
    cut = b"a" * 187 + PACKET * 3
    assert find_container(cut[:-1], may_be_inside=True) is None
    assert find_container(cut, may_be_inside=True) is Container.TS
    with pytest.raises(UnknownContainerError):
        find_container(b"a" * 4 * 188, may_be_inside=True)
