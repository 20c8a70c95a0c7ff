"""How soon a test has its server: promised are 50 ms.

``pytest benchmarks/micro/test_bench_testing.py``; what is measured is a process, from asking for
it to its listening, and what is asked of it at the end of a test.
"""

from __future__ import annotations

from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from trio_srs.testing import ServerProcess


def test_a_server_is_there(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    ServerProcess().close()  # what they are forked from is there
    servers: list[ServerProcess] = []

    def start() -> None:
        servers.append(ServerProcess(captures=tmp_path))

    benchmark.pedantic(start, rounds=30, warmup_rounds=2)
    assert all(server.url().startswith("rtmp://127.0.0.1:") for server in servers)
    for server in servers:
        server.close()


def test_a_server_is_gone(benchmark: BenchmarkFixture) -> None:
    def make() -> tuple[tuple[ServerProcess], dict[str, object]]:
        return (ServerProcess(),), {}

    def end(server: ServerProcess) -> None:
        server.check_leaks()
        server.close()

    benchmark.pedantic(end, setup=make, rounds=30)
