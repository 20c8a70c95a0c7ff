"""FLV files, bodies and scripts: any bytes are read or blamed on the peer, and written again."""

from __future__ import annotations

from tests.fuzz.reading import read
from trio_srs.wire.amf.amf_reader import AmfError
from trio_srs.wire.flv.audio import build_audio, classify_audio, parse_audio
from trio_srs.wire.flv.enhanced import FlvBodyError, FrameKind
from trio_srs.wire.flv.script import (
    cleared_data_frame,
    data_frame_name,
    parse_metadata,
    strip_set_data_frame,
    with_server_name,
)
from trio_srs.wire.flv.slot import header_slot
from trio_srs.wire.flv.tag import FlvError, FlvReader, FlvTag, encode_header, encode_tag
from trio_srs.wire.flv.video import build_video, classify_video, parse_video

_MOST = 1 << 12
"""The largest body that is believed: a size alone costs nothing."""


def tags(data: bytes) -> None:
    """A file, from its first byte on and from its first tag on."""
    for file in (data, encode_header(True, True) + data):
        whole = _read([file])
        step = 1 + len(file) // 3
        assert _read([file[at : at + step] for at in range(0, len(file), step)]) == whole
        found, _ = whole
        again = b"".join(map(encode_tag, found))
        assert _read([encode_header(True, True) + again]) == (found, False)


def _read(pieces: list[bytes]) -> tuple[list[FlvTag], bool]:
    """The tags, and whether there was a complaint in the end; how many bytes it shows depends on
    how many there were."""
    reader = FlvReader(max_body=_MOST)
    found: list[FlvTag] = []
    fed = 0
    try:
        for piece in pieces:
            reader.feed(piece)
            fed += len(piece)
            found += iter(reader.next_tag, None)
            assert reader.offset + reader.pending == fed
    except FlvError:
        return found, True
    return found, False


def video(body: bytes) -> None:
    """A video body."""
    flags = classify_video(body)
    assert flags in (0, *FrameKind)
    slot = header_slot(True, body)
    assert slot is None or (slot[0] == "video" and flags)
    if (parsed := read(parse_video, body, by=FlvBodyError)) is not None:
        assert parsed
        assert parse_video(build_video(parsed)) == parsed


def audio(body: bytes) -> None:
    """An audio body."""
    flags = classify_audio(body)
    assert flags in (0, *FrameKind)
    assert not flags & FrameKind.KEYFRAME
    slot = header_slot(False, body)
    assert slot is None or (slot[0] == "audio" and flags)
    if (parsed := read(parse_audio, body, by=FlvBodyError)) is not None:
        assert parsed
        assert parse_audio(build_audio(parsed)) == parsed


def script(body: bytes) -> None:
    """A data message, of type 18 and of type 15: only parsing complains."""
    for is_amf3 in (False, True):
        strip_set_data_frame(body, amf3=is_amf3)
        data_frame_name(body, amf3=is_amf3)
        cleared_data_frame(body, amf3=is_amf3)
        changed = with_server_name(body, "s", amf3=is_amf3)
        metadata = read(parse_metadata, body, amf3=is_amf3, by=AmfError)
        if metadata is None:
            continue
        _look(metadata)
        if changed is not body:
            assert parse_metadata(changed, amf3=is_amf3).server == "s"
            assert with_server_name(changed, "s", amf3=is_amf3) == changed


def _look(metadata: object) -> None:
    """Every property, whatever the values are."""
    for name in dir(type(metadata)):
        if isinstance(getattr(type(metadata), name), property):
            getattr(metadata, name)
