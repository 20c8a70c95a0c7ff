"""Fields and types of SRS's answers, as SRS 7.0.18 gives them; what programs for SRS rely on."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["ANSWERS", "HEAD", "check"]

HEAD: Final = {"code": int, "server": str, "service": str, "pid": str}
_KBPS: Final = {"recv_30s": int, "send_30s": int}
_VHOST: Final = {
    "id": str, "name": str, "enabled": bool, "clients": int, "streams": int, "send_bytes": int,
    "recv_bytes": int, "kbps": _KBPS, "hls": {"enabled": bool, "fragment": float},
}  # fmt: skip
_STREAM: Final = {
    "id": str, "name": str, "vhost": str, "app": str, "tcUrl": str, "url": str, "live_ms": int,
    "clients": int, "frames": int, "send_bytes": int, "recv_bytes": int, "kbps": _KBPS,
    "publish": {"active": bool, "cid": str},
    "video": {"codec": str, "profile": str, "level": str, "width": int, "height": int},
    "audio": {"codec": str, "sample_rate": int, "channel": int, "profile": str},
}  # fmt: skip
_CLIENT: Final = {
    "id": str, "vhost": str, "stream": str, "ip": str, "pageUrl": str, "swfUrl": str, "tcUrl": str,
    "url": str, "name": str, "type": str, "publish": bool, "alive": float, "send_bytes": int,
    "recv_bytes": int, "kbps": _KBPS,
}  # fmt: skip
_SELF: Final = {
    "version": str, "pid": int, "ppid": int, "argv": str, "cwd": str, "mem_kbyte": int,
    "mem_percent": float, "cpu_percent": float, "srs_uptime": int,
}  # fmt: skip
_SYSTEM: Final = {
    "cpu_percent": float, "disk_read_KBps": int, "disk_write_KBps": int,
    "disk_busy_percent": float, "mem_ram_kbyte": int, "mem_ram_percent": float,
    "mem_swap_kbyte": int, "mem_swap_percent": float, "cpus": int, "cpus_online": int,
    "uptime": float, "ilde_time": float, "load_1m": float, "load_5m": float, "load_15m": float,
    "net_sample_time": int, "net_recv_bytes": int, "net_send_bytes": int, "net_recvi_bytes": int,
    "net_sendi_bytes": int, "srs_sample_time": int, "srs_recv_bytes": int, "srs_send_bytes": int,
    "conn_sys": int, "conn_sys_et": int, "conn_sys_tw": int, "conn_sys_udp": int, "conn_srs": int,
}  # fmt: skip
_USAGE: Final = (
    "ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss ru_isrss ru_minflt ru_majflt ru_nswap "
    "ru_inblock ru_oublock ru_msgsnd ru_msgrcv ru_nsignals ru_nvcsw ru_nivcsw"
)
_STAT: Final = (
    "ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime "
    "priority nice num_threads itrealvalue starttime vsize rss rsslim startcode endcode "
    "startstack kstkesp kstkeip signal blocked sigignore sigcatch wchan nswap cnswap exit_signal "
    "processor rt_priority policy delayacct_blkio_ticks guest_time cguest_time"
)
_SAMPLED: Final = {"ok": bool, "sample_time": int}
_FEATURES: Final = (
    "ssl hls hds callback api httpd dvr transcode ingest stat caster complex_send tcp_nodelay "
    "so_sendbuf mr"
)


def _all(names: str, kind: type) -> dict[str, Any]:
    return dict.fromkeys(names.split(), kind)


ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "versions": {"data": {**_all("major minor revision", int), "version": str}},
    "summaries": {"data": {"ok": bool, "now_ms": int, "self": _SELF, "system": _SYSTEM}},
    "rusages": {"data": {**_SAMPLED, **_all(_USAGE, int)}},
    "self_proc_stats": {
        "data": {
            **_SAMPLED, "percent": float, "pid": int, "comm": str, "state": str, **_all(_STAT, int),
        }
    },
    "system_proc_stats": {
        "data": {
            **_SAMPLED, "percent": float,
            **_all("user nice sys idle iowait irq softirq steal guest", int),
        }
    },
    "meminfos": {
        "data": {
            **_SAMPLED, **_all("percent_ram percent_swap", float),
            **_all("MemActive RealInUse NotInUse MemTotal MemFree Buffers Cached", int),
            **_all("SwapTotal SwapFree", int),
        }
    },
    "features": {
        "data": {**_all("options options2 build build2", str), "features": _all(_FEATURES, bool)}
    },
    "vhosts": {"vhosts": [_VHOST]},
    "vhosts/ID": {"vhost": _VHOST},
    "streams": {"streams": [_STREAM]},
    "streams/ID": {"stream": _STREAM},
    "clients": {"clients": [_CLIENT]},
    "clients/ID": {"client": _CLIENT},
}  # fmt: skip
"""What each answer has besides :data:`HEAD`, in SRS's order."""


def check(value: Any, shape: Any, where: str = "") -> None:
    """Every field is there, in its order and of its type, and there is no other."""
    if isinstance(shape, dict):
        assert list(value) == list(shape), where
        for name, each in shape.items():
            check(value[name], each, f"{where}.{name}")
    elif isinstance(shape, list):
        assert value, where
        for each in value:
            check(each, shape[0], where)
    else:
        assert type(value) is shape, f"{where}: {value!r} is no {shape.__name__}"
