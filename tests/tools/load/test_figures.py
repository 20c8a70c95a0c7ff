"""Figures say what was counted, of one worker or of several."""

from __future__ import annotations

from typing import Any

import pytest

from trio_srs.tools.load.figures import client_figures, distribution, joined, window_figures

SPENT: dict[str, Any] = {
    "seconds": 2.0,
    "own_cpu_pct": 5.0,
    "server": {"cpu_s": 0.5, "cpu_pct": 25.0, "rss_end_mb": 10.0},
}


def test_a_quantile_is_a_sample_that_so_many_do_not_exceed() -> None:
    assert distribution(range(1, 101)) == {
        "n": 100, "min": 1, "p50": 50, "p95": 95, "p99": 99, "max": 100,
    }  # fmt: skip


def test_one_sample_is_every_quantile() -> None:
    assert distribution([7.0]) == {"n": 1, **dict.fromkeys(("min", "p50", "p95", "p99", "max"), 7)}


def test_of_no_samples_there_is_only_the_number() -> None:
    assert distribution([]) == {"n": 0}


def test_workers_are_joined_as_if_they_were_one() -> None:
    one = {"event": "window", "bytes": 5, "messages": [1, 2], "reasons": {"a": 1}, "seconds": 2.0}
    two = {
        "event": "window",
        "bytes": 6,
        "messages": [3],
        "reasons": {"a": 1, "b": 2},
        "seconds": 3.0,
    }
    assert joined([one, two]) == {
        "bytes": 11, "messages": [1, 2, 3], "reasons": {"a": 2, "b": 2}, "seconds": 3.0,
    }  # fmt: skip


def test_cost_is_for_each_client_that_was_there_and_second() -> None:
    raw = {"active": 100, "bytes": 1_000_000, "messages": [10, 20], "seconds": 2.0}
    figures = window_figures(raw, SPENT, 0.02)
    assert figures["server"]["cpu_ms_per_client_s"] == pytest.approx(2.5)
    assert figures["mbit_per_s"] == pytest.approx(4.0)
    assert figures["read_round_ms"] == 20
    assert figures["messages_per_client"]["min"] == 10


def test_cost_of_a_storm_is_for_each_handshake() -> None:
    raw = {"active": 1000, "handshakes": 1000, "handshake_ms": [1.0], "seconds": 0.5}
    figures = window_figures(raw, SPENT, 0.0)
    assert figures["handshakes_per_s"] == 2000
    assert figures["server"]["cpu_ms_per_handshake"] == pytest.approx(0.5)


def test_nobody_there_has_no_cost() -> None:
    figures = window_figures({"active": 0, "bytes": 0, "seconds": 2.0}, SPENT, 0.0)
    assert "cpu_ms_per_client_s" not in figures["server"]


def test_a_latency_has_a_curve_to_draw() -> None:
    figures = window_figures({"latency_ms": [*range(1, 1001)], "active": 1}, SPENT, 0.0)
    assert figures["latency_quantiles_ms"][0] == (1, 10)
    assert figures["latency_quantiles_ms"][-1] == (100, 1000)


def test_how_clients_fared_is_of_the_whole_run() -> None:
    raw = {"connected": 9, "failed": 1, "lost": 0, "reasons": {"ECONNREFUSED": 1}, "ttfb_ms": [4.0]}
    figures = client_figures(raw)
    assert (figures["connected"], figures["failed"], figures["ttfb_ms"]["p50"]) == (9, 1, 4.0)
    assert figures["reasons"] == {"ECONNREFUSED": 1}
