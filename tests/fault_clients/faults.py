"""Which faults are tried, table by table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["FAULTS", "OF_PLAYLISTS"]

_BOTH: Final = (
    "reset accept",
    "close handshake",
    "late handshake by=2s",
    "silent handshake",
    "refuse connect",
    "refuse connect object=object",
    "refuse connect command=_result code=NetConnection.Connect.Rejected level=error then=stay",
    "redirect connect to=rtmp://127.0.0.1:9/elsewhere",
    "late connect by=2s",
    "silent connect",
    "malformed connect",
    "malformed connect broken=chunk",
    "chunk_size connect bytes=1B",
    "refuse createStream",
    "silent createStream",
    "late createStream by=2s",
)
_OF_RTMP: Final = {
    "publish": (
        *_BOTH,
        "swap releaseStream",
        "silent FCPublish",
        "refuse publish",
        "refuse publish level=status then=stay",
        "refuse publish code=NetStream.Failed",
        "refuse publish times=2",
        "redirect publish to=rtmp://127.0.0.1:9/live/b",
        "late publish by=2s",
        "silent publish",
        "close publish after=1s",
        "reset publish after=1s",
        "half_close publish after=1s",
        "close publish after=1s inside=chunk",
        "reset publish after=100kB",
        "close publish after=20frames",
        "stall publish after=1s",
        "slow publish after=1s rate=20kB",
        "silent acknowledgement",
        "extra_ping publish after=1s",
        "window publish after=1s bytes=1B",
        "window publish after=1s bytes=0B",
        "chunk_size publish after=1s bytes=0B",
        "noise publish after=1s",
        "status publish after=1s code=NetStream.Publish.BadName level=error",
        "reconnect_request publish after=1s",
    ),
    "play": (
        *_BOTH,
        "refuse play",
        "refuse play code=NetStream.Failed then=stay",
        "redirect play to=rtmp://127.0.0.1:9/live/b",
        "late play by=2s",
        "silent play",
        "malformed play",
        "close play after=1s",
        "reset play after=1s",
        "half_close play after=1s",
        "close play after=1s inside=chunk",
        "stall play after=1s direction=out",
        "slow play after=1s rate=20kB",
        "noise play after=1s",
        "status play after=1s code=NetStream.Play.UnpublishNotify level=status",
        "reconnect_request play after=1s",
        "drop play after=20frames frames=10",
        "repeat play after=20frames",
        "reorder play after=20frames",
        "freeze play after=1s",
        "jump play after=20frames by=1h",
        "jump play after=20frames by=-1s",
        "corrupt play after=20frames bytes=20B",
    ),
}

_TLS: Final = ("alert tls", "alert tls alert=protocol_version", "expired tls")
_VIEWS: Final = (
    "refuse play",
    "refuse play status=503",
    "redirect play to=http://127.0.0.1:9/elsewhere",
    "late play by=2s",
    "silent play",
    "close play",
    "close play after=1s",
    "reset play after=1s",
    "half_close play after=1s",
    "close play after=300kB",
    "reset play after=20frames",
    "stall play after=1s direction=out",
    "slow play after=1s rate=20kB",
    "noise play after=1s",
)
OF_PLAYLISTS: Final = (
    "refuse request path=*.m3u8 times=1",
    "refuse request path=*.m3u8 status=500 times=1",
    "refuse request path=*.m3u8 status=503 times=1",
    "late request path=*.m3u8 by=3s times=1",
    "truncate request path=*.m3u8 times=1",
    "reset request path=*.m3u8 times=1",
)
"""The first answer, which is to who asks for nothing else as well."""
_SEGMENTS: Final = (
    "refuse request path=*.m3u8 nth=4",
    "refuse request path=*.m3u8 nth=4 status=500",
    "refuse request path=*.m3u8 nth=4-5 status=503",
    "refuse request path=*.m3u8 nth=4-",
    "silent request path=*.m3u8 nth=4",
    "stale request path=*.m3u8 nth=4",
    "refuse request path=*.ts nth=2",
    "refuse request path=*.ts nth=2 status=500",
    "refuse request path=*.ts status=503 share=0.3",
    "refuse request path=*.ts nth=2-",
    "late request path=*.ts nth=2 by=3s",
    "silent request path=*.ts nth=2",
    "slow request path=*.ts nth=2 rate=20kB",
    "truncate request path=*.ts nth=2",
    "reset request path=*.ts nth=2 after=1000B",
)
FAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    **_OF_RTMP,
    "view": _VIEWS,
    "hls": (*OF_PLAYLISTS, *_SEGMENTS),
    "tls": _TLS,
}
"""By table: publishers and players of RTMP, those who watch one long answer over HTTP, those of
HLS, and all who come by TLS."""
