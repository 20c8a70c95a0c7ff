"""What SRS's API says of the process and the machine: its fields, in its order. Floor 3.

Source: ``srs_app_utility.cpp`` of SRS 7.0.18, which calls parts of 1 percent.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from trio_srs.service.api.srs.stream_answers import SrsAnswer

__all__ = [
    "SrsDataAnswer",
    "SrsProcess",
    "SrsSummaries",
    "SrsSummariesAnswer",
    "SrsSystem",
    "SrsUrlsAnswer",
    "SrsVersion",
    "SrsVersionsAnswer",
]


@attrs.frozen(kw_only=True)
class SrsVersion:
    """A version, of trio-srs."""

    major: int
    """The first number."""
    minor: int
    """The second one."""
    revision: int
    """The third one."""
    version: str
    """All of it."""


@attrs.frozen(kw_only=True)
class SrsProcess:
    """The process that the server is."""

    version: str
    """Of trio-srs."""
    pid: int
    """Its number."""
    ppid: int
    """That of its parent."""
    argv: str
    """How it was started; values of settings are left out."""
    cwd: str
    """Its working directory."""
    mem_kbyte: int
    """The most memory it had, in KiB."""
    mem_percent: float
    """That, as a part of the machine's: 0.5 is half of it."""
    cpu_percent: float
    """Processor time since the time before that somebody asked, or since it began: 1.0 is one
    processor."""
    srs_uptime: int
    """Seconds since it began."""


@attrs.frozen(kw_only=True)
class SrsSystem:
    """The machine. Rates are since the time before that somebody asked, or since the server began;
    what its system does not tell is 0."""

    cpu_percent: float
    """How busy all processors were: 1.0 is all of them."""
    disk_read_KBps: int
    """KiB a second."""
    disk_write_KBps: int
    """KiB a second."""
    disk_busy_percent: float
    """How busy the busiest disk was."""
    mem_ram_kbyte: int
    """Memory, in KiB."""
    mem_ram_percent: float
    """How much of it is in use: 0.5 is half of it."""
    mem_swap_kbyte: int
    """Swap space, in KiB."""
    mem_swap_percent: float
    """How much of that is in use."""
    cpus: int
    """Processors."""
    cpus_online: int
    """Those that may be used."""
    uptime: float
    """Seconds since the machine started."""
    ilde_time: float
    """Seconds that its processors were idle, added up. SRS spells it so."""
    load_1m: float
    """Load average, over a minute."""
    load_5m: float
    """Over 5 minutes."""
    load_15m: float
    """Over 15 minutes."""
    net_sample_time: int
    """When the network was looked at: milliseconds since 1970."""
    net_recv_bytes: int
    """Received by all interfaces but the loopback."""
    net_send_bytes: int
    """Sent by them."""
    net_recvi_bytes: int
    """Received by the loopback interface."""
    net_sendi_bytes: int
    """Sent by it."""
    srs_sample_time: int
    """When the server was looked at: milliseconds since 1970."""
    srs_recv_bytes: int
    """Received by the server's sessions, those that have ended among them."""
    srs_send_bytes: int
    """Sent by them."""
    conn_sys: int
    """TCP connections of the machine."""
    conn_sys_et: int
    """Those that are established."""
    conn_sys_tw: int
    """Those in TIME-WAIT."""
    conn_sys_udp: int
    """UDP sockets."""
    conn_srs: int
    """The server's sessions."""


@attrs.frozen(kw_only=True)
class SrsSummaries:
    """The process and the machine."""

    ok: bool
    """Whether all of it could be found out."""
    now_ms: int
    """The time of this answer: milliseconds since 1970."""
    self: SrsProcess = attrs.field(alias="process")
    """The process."""
    system: SrsSystem
    """The machine."""


@attrs.frozen(kw_only=True)
class SrsVersionsAnswer(SrsAnswer):
    """Which version of trio-srs this is."""

    data: SrsVersion
    """The version."""


@attrs.frozen(kw_only=True)
class SrsSummariesAnswer(SrsAnswer):
    """How the process and its machine do."""

    data: SrsSummaries
    """All of it."""


@attrs.frozen(kw_only=True)
class SrsDataAnswer(SrsAnswer):
    """Numbers of the system, by SRS's names."""

    data: Mapping[str, object]
    """The numbers; `ok` says whether they could be found out."""


@attrs.frozen(kw_only=True)
class SrsUrlsAnswer(SrsAnswer):
    """What else can be asked for."""

    urls: Mapping[str, str]
    """What each is about."""
