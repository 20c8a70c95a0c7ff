"""The servers that are compared, each in the settings that scenarios ask for: two tables."""

from __future__ import annotations

from typing import Final

import attrs

__all__ = ["BEFORE", "CURVE", "EARLIER", "FILES", "OURS", "SETUPS", "Setup"]

OURS: Final = "trio-srs"
BEFORE: Final = "trio-srs, another checkout"


@attrs.frozen
class Setup:
    """One server in one configuration."""

    server: str
    """A key of :data:`benchmarks.macro.servers.SERVERS`."""
    label: str
    """As it stands in tables."""
    settings: dict[str, str] = attrs.field(factory=dict)
    """What differs from the server's defaults, in its own words."""
    views: tuple[str, ...] = ()
    """The views over HTTP that are measured: the ending of the path, and ``ws-`` before it for
    WebSocket. With none it serves no HTTP."""


FILES: Final = ("segment", "part", "playlist")
"""What is served of segments, and the views of who serves files of their sizes."""
_VIEWS: Final = ("flv", "ws-flv", "ts", "mp4")
_ALL: Final = {
    "ours": Setup(OURS, "trio-srs, defaults (20 ms)"),
    "ours-40": Setup(OURS, "trio-srs, 40 ms", {"stream.send_interval": '"40ms"'}),
    "ours-100": Setup(OURS, "trio-srs, 100 ms", {"stream.send_interval": '"100ms"'}),
    "ours-350": Setup(OURS, "trio-srs, 350 ms", {"stream.send_interval": '"350ms"'}),
    "ours-0": Setup(OURS, "trio-srs, record by record", {"stream.send_interval": '"0s"'}),
    "ours-0-nagle": Setup(
        OURS,
        "trio-srs, record by record, Nagle",
        {"stream.send_interval": '"0s"', "rtmp.tcp_nodelay": "false"},
    ),
    "ours-merge": Setup(OURS, "trio-srs, merged read 350 ms", {"stream.merge_read": '"350ms"'}),
    "ours-no-cache": Setup(OURS, "trio-srs, no GOP cache", {"stream.gop_cache": '"off"'}),
    "ours-http": Setup(OURS, "trio-srs, defaults (20 ms)", views=_VIEWS),
    "ours-http-350": Setup(OURS, "trio-srs, 350 ms", {"stream.send_interval": '"350ms"'}, _VIEWS),
    "ours-flv": Setup(OURS, "trio-srs, defaults (20 ms)", views=("flv",)),
    "ours-flv-hls": Setup(
        OURS, "trio-srs, HLS for every stream", {"hls.start": '"publish"'}, ("flv",)
    ),
    "ours-ll-hls": Setup(OURS, "trio-srs, low-latency HLS, parts of 200 ms", views=("m3u8",)),
    "ours-hls": Setup(OURS, "trio-srs, plain HLS", {"hls.part": '"off"'}, ("m3u8",)),
    "ours-long-parts": Setup(
        OURS,
        "trio-srs, parts of 5 s",
        {"hls.part": '"5s"', "hls.segment": '"10s"'},
        ("m3u8",),
    ),
    "ours-all": Setup(OURS, "trio-srs, HTTP and API on", {"api.listen": '["127.0.0.1:0"]'}, _VIEWS),
    "nginx": Setup("nginx-rtmp", "nginx-rtmp"),
    "srs": Setup("srs", "SRS, defaults"),
    "srs-low": Setup(
        "srs",
        "SRS, low latency",
        {"min_latency": "on", "tcp_nodelay": "on", "play.mw_latency": "0"},
    ),
    "srs-merge": Setup(
        "srs", "SRS, merged read 350 ms", {"publish.mr": "on", "publish.mr_latency": "350"}
    ),
    "nginx-files": Setup("nginx-rtmp", "nginx, files", views=FILES),
    "srs-hls": Setup("srs", "SRS, HLS, segments of 2 s", views=("m3u8",)),
    "srs-flv": Setup("srs", "SRS, defaults", views=("flv",)),
    "srs-ts": Setup("srs", "SRS, defaults, TS", views=("ts",)),
    "mediamtx": Setup("mediamtx", "MediaMTX"),
    "nms": Setup("node-media-server", "Node-Media-Server"),
}
CURVE: Final = ("ours-0", "ours", "ours-40", "ours-100", "ours-350")
"""Our settings from the most costly and least late to the opposite."""
EARLIER: Final = {
    key: key.replace("ours", "before")
    for key, setup in _ALL.items()
    if setup.server == OURS and not setup.views
}
"""Each of our setups, and the same of another checkout."""
SETUPS: Final[dict[str, Setup]] = _ALL | {
    earlier: Setup(BEFORE, _ALL[key].label.replace(OURS, "before"), _ALL[key].settings)
    for key, earlier in EARLIER.items()
}
"""Every setup by the word that scenarios and targets use. SRS by default
writes to players every 350 ms and reads from publishers as it comes; what its own examples for
low latency set is ``srs-low``, and ``srs-merge`` is the merged read that its full.conf shows.
nginx-rtmp writes each message and leaves joining to Nagle's algorithm."""
