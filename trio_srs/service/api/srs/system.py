"""SRS's API about the process and the machine. Floor 3."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from litestar import Response, get

from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.routes.parameters import Api
from trio_srs.service.api.srs.machine import argv_shown
from trio_srs.service.api.srs.plane import HadBytes
from trio_srs.service.api.srs.saying import AT_ONCE, CALLED, V1, number, said
from trio_srs.service.api.srs.system_answers import (
    SrsDataAnswer,
    SrsProcess,
    SrsSummaries,
    SrsSummariesAnswer,
    SrsSystem,
    SrsUrlsAnswer,
    SrsVersion,
    SrsVersionsAnswer,
)
from trio_srs.version import VERSION

__all__ = [
    "show_cpu",
    "show_features",
    "show_memory",
    "show_own_stat",
    "show_rusages",
    "show_summaries",
    "show_urls",
    "show_versions",
]

_URLS: Final = {
    "versions": "the version of the server",
    "summaries": "the process and the machine",
    "rusages": "what the process used",
    "self_proc_stats": "the process",
    "system_proc_stats": "the processors",
    "meminfos": "the memory",
    "features": "what the server can do",
    "vhosts": "all virtual hosts, or one",
    "streams": "all streams, or one",
    "clients": "all clients, or one",
    "clusters": "where a stream is",
    "raw": "reloading the configuration",
}


@get(V1, summary="List what can be asked", operation_id="srs_urls", **AT_ONCE)
def show_urls(api: Api) -> Response[SrsUrlsAnswer]:
    """What there is of SRS's API."""
    return said(api, "urls", _URLS)


@get(f"{V1}/versions", summary="Show the version", operation_id="srs_versions", **AT_ONCE)
def show_versions(api: Api) -> Response[SrsVersionsAnswer]:
    """Which version of trio-srs this is."""
    numbers = [number(part) for part in VERSION.split(".")]
    major, minor, revision = (*numbers, 0, 0, 0)[:3]
    version = SrsVersion(major=major, minor=minor, revision=revision, version=VERSION)
    return said(api, "data", version)


@get(
    f"{V1}/summaries",
    summary="Show the process and the machine",
    operation_id="srs_summaries",
    **CALLED,
)
async def show_summaries(api: Api) -> Response[SrsSummariesAnswer]:
    """How the process and its machine do."""
    had = await api.srs.had()
    summaries = SrsSummaries(
        ok=api.srs.machine.is_known,
        now_ms=_now_ms(),
        process=_process(api),
        system=_system(api, had),
    )
    return said(api, "data", summaries)


def _process(api: ApiContext) -> SrsProcess:
    machine = api.srs.machine
    peak = machine.peak_kib
    return SrsProcess(
        version=VERSION,
        pid=os.getpid(),
        ppid=os.getppid(),
        argv=argv_shown(sys.argv),
        cwd=os.getcwd(),
        mem_kbyte=peak,
        mem_percent=_part(peak, machine.memory().get("MemTotal", 0)),
        cpu_percent=machine.rates().own_cpu,
        srs_uptime=int(api.uptime_s),
    )


def _system(api: ApiContext, had: HadBytes) -> SrsSystem:
    machine, now_ms = api.srs.machine, _now_ms()
    rates, memory, sockets = machine.rates(), machine.memory(), machine.sockets()
    (uptime, idle), load, network = machine.uptime(), machine.load(), machine.network()
    inner = network.pop("lo", (0, 0))
    return SrsSystem(
        cpu_percent=rates.cpu,
        disk_read_KBps=rates.disk_read_kib,
        disk_write_KBps=rates.disk_write_kib,
        disk_busy_percent=rates.disk_busy,
        mem_ram_kbyte=memory.get("MemTotal", 0),
        mem_ram_percent=_ram_part(memory),
        mem_swap_kbyte=memory.get("SwapTotal", 0),
        mem_swap_percent=_swap_part(memory),
        cpus=os.cpu_count() or 0,
        cpus_online=_usable_cpus(),
        uptime=uptime,
        ilde_time=idle,
        load_1m=load[0],
        load_5m=load[1],
        load_15m=load[2],
        net_sample_time=now_ms,
        net_recv_bytes=sum(received for received, _ in network.values()),
        net_send_bytes=sum(sent for _, sent in network.values()),
        net_recvi_bytes=inner[0],
        net_sendi_bytes=inner[1],
        srs_sample_time=had.at_ms,
        srs_recv_bytes=had.bytes.received,
        srs_send_bytes=had.bytes.sent,
        conn_sys=sockets["tcp"],
        conn_sys_et=sockets["estab"],
        conn_sys_tw=sockets["tw"],
        conn_sys_udp=sockets["udp"],
        conn_srs=len(api.registry),
    )


def _usable_cpus() -> int:
    usable: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return os.cpu_count() or 0 if usable is None else len(usable(0))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _part(some: int, all_of_it: int) -> float:
    return round(some / all_of_it, 4) if all_of_it else 0.0


def _in_use(memory: dict[str, int]) -> int:
    names = ("MemFree", "Buffers", "Cached")
    return memory.get("MemTotal", 0) - sum(memory.get(name, 0) for name in names)


def _ram_part(memory: dict[str, int]) -> float:
    return _part(_in_use(memory), memory.get("MemTotal", 0))


def _swap_part(memory: dict[str, int]) -> float:
    total = memory.get("SwapTotal", 0)
    return _part(total - memory.get("SwapFree", 0), total)


def _data(api: ApiContext, numbers: dict[str, Any], **more: float) -> Response[Any]:
    sampled = {"ok": bool(numbers), "sample_time": _now_ms()}
    return said(api, "data", {**sampled, **more, **numbers})


@get(f"{V1}/rusages", summary="Show what the process used", operation_id="srs_rusages", **AT_ONCE)
def show_rusages(api: Api) -> Response[SrsDataAnswer]:
    """What the process has used, by the names of `getrusage(2)`; times in whole seconds."""
    return _data(api, api.srs.machine.usage())


@get(
    f"{V1}/self_proc_stats",
    summary="Show the process",
    operation_id="srs_self_proc_stats",
    **AT_ONCE,
)
def show_own_stat(api: Api) -> Response[SrsDataAnswer]:
    """The process, by the names of `/proc/self/stat`; `percent` is its processor time, 1.0 one
    processor."""
    machine = api.srs.machine
    return _data(api, machine.own_stat(), percent=machine.rates().own_cpu)


@get(
    f"{V1}/system_proc_stats",
    summary="Show the processors",
    operation_id="srs_system_proc_stats",
    **AT_ONCE,
)
def show_cpu(api: Api) -> Response[SrsDataAnswer]:
    """What the time of all processors was spent on, in ticks; `percent` is how busy they are, 1.0
    all of them."""
    machine = api.srs.machine
    return _data(api, machine.cpu_ticks(), percent=machine.rates().cpu)


@get(f"{V1}/meminfos", summary="Show the memory", operation_id="srs_meminfos", **AT_ONCE)
def show_memory(api: Api) -> Response[SrsDataAnswer]:
    """The memory of the machine, in KiB, by the names of `/proc/meminfo`."""
    memory = api.srs.machine.memory()
    names = ("MemTotal", "MemFree", "Buffers", "Cached", "SwapTotal", "SwapFree")
    in_use = _in_use(memory)
    numbers = {
        "percent_ram": _ram_part(memory),
        "percent_swap": _swap_part(memory),
        "MemActive": memory.get("Active", 0),
        "RealInUse": in_use,
        "NotInUse": memory.get("MemTotal", 0) - in_use,
        **{name: memory.get(name, 0) for name in names},
    }
    return _data(api, numbers if memory else {})


@get(f"{V1}/features", summary="Show what it can do", operation_id="srs_features", **AT_ONCE)
def show_features(api: Api) -> Response[SrsDataAnswer]:
    """What this server can do, of what SRS can. It has no options of a build: those are empty."""
    built = dict.fromkeys(("options", "options2", "build", "build2"), "")
    return said(api, "data", {**built, "features": {**_FEATURES, "hls": api.srs.serves_hls}})


_FEATURES: Final = {
    "ssl": True,
    "hls": False,
    "hds": False,
    "callback": True,
    "api": True,
    "httpd": True,
    "dvr": False,
    "transcode": False,
    "ingest": False,
    "stat": True,
    "caster": False,
    "complex_send": True,
    "tcp_nodelay": True,
    "so_sendbuf": False,
    "mr": True,
}
