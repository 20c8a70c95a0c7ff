"""What the system tells of itself; and nothing where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.service.api.srs.machine import Machine, argv_shown

FILES = {
    "stat": "cpu  100 20 30 400 50 1 2 3 4 0\ncpu0 1 2 3\n",
    "self/stat": f"7 (a b) c) S 1 7 7 0 -1 4 10 0 0 0 5 6 0 0 20 0 3 0 99 1000 50 {2**64 - 1}",
    "meminfo": "MemTotal:  1000 kB\nMemFree: 400 kB\nBuffers: 50 kB\nCached: 50 kB\nHugePages: \n",
    "diskstats": (
        "8 0 sda 1 0 200 0 1 0 400 0 0 3000 0\n8 1 sda1 1 0 200 0 1 0 400 0 0 3000 0\n"
        "259 0 nvme0n1 1 0 8 0 1 0 8 0 0 1 0\n259 1 nvme0n1p1 1 0 8 0 1 0 8 0 0 1 0\n7 0 loop0 1\n"
    ),
    "net/dev": "head\nhead\n    lo: 10 1 0 0 0 0 0 0 20 1\n  eth0: 30 1 0 0 0 0 0 0 40 1\n",
    "net/sockstat": "sockets: used 9\nTCP: inuse 2 orphan 0 tw 3 alloc 4\nUDP: inuse 5 mem 0\n",
    "net/snmp": "Ip: x\nTcp: RtoMin MaxConn CurrEstab\nTcp: 1 -1 8\nUdp: y\n",
    "uptime": "12.5 20.25\n",
}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_files_of_the_system_are_read(proc: Path) -> None:
    machine = Machine(proc)
    assert machine.is_known
    assert machine.cpu_ticks()["idle"] == 400
    stat = machine.own_stat()
    assert (stat["pid"], stat["comm"], stat["state"]) == (7, "(a b) c)", "S")
    assert (stat["num_threads"], stat["rss"], stat["rsslim"]) == (3, 50, -1)
    assert machine.memory() == {"MemTotal": 1000, "MemFree": 400, "Buffers": 50, "Cached": 50}
    assert machine.network() == {"lo": (10, 20), "eth0": (30, 40)}
    assert machine.sockets() == {"tcp": 7, "estab": 8, "tw": 3, "udp": 5}
    assert machine.uptime() == (12.5, 20.25)
    assert machine.usage()["ru_maxrss"] > 0


def test_rates_are_between_two_looks(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    machine = Machine(proc)
    now += 2  # what was read is read anew after a second
    (proc / "stat").write_text("cpu  150 20 30 450 50 1 2 3 4 0\n")
    (proc / "diskstats").write_text("8 0 sda 1 0 4296 0 1 0 8592 0 0 4000 0\n")
    rates = machine.rates()
    assert (rates.cpu, rates.disk_read_kib, rates.disk_write_kib, rates.disk_busy) == (
        *(0.5, 1022, 2046),
        0.5,
    )
    now += 0.5
    (proc / "stat").write_text("cpu  1 1 1 1 1 1 1 1 1 0\n")
    assert machine.rates() is rates  # too soon
    now += 2
    (proc / "diskstats").write_text("")
    assert machine.rates().disk_busy == 0


def test_a_system_that_tells_nothing_is_no_error(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert not machine.is_known
    assert not any((machine.own_stat(), machine.memory(), machine.network(), machine.cpu_ticks()))
    assert machine.sockets() == {"tcp": 0, "estab": 0, "tw": 0, "udp": 0}
    assert machine.uptime() == (0.0, 0.0)
    assert machine.rates().cpu == 0.0


def test_values_of_settings_are_not_shown() -> None:
    words = ["trio-srs", "--set", 'api.token="secret"', "--set=a=secret", "a=b", "-v", "c.toml"]
    assert argv_shown(words) == "trio-srs --set api.token=*** --set=*** a=b -v c.toml"
