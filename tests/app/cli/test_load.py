"""``load``, as it is used: what it is given, what it prints, how it exits."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.tools.load import run as run_module
from trio_srs.tools.load.plan import Load, LoadPlan, LoadRefusedError
from trio_srs.tools.load.run import Timing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the command is Linux's")

URL = "rtmp://127.0.0.1:1935/live/s"
FIGURES = {
    "connected": 3,
    "reasons": {},
    "ttfb_ms": {"n": 3, "p50": 1.5},
    "windows": [{"seconds": 2.0, "server": {"cpu_pct": 4.0}, "latency_quantiles_ms": [[1, 2]]}],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[LoadPlan, Timing, dict[str, Any]]]:
    """What the load generator was asked for, in place of doing it."""
    asked = []

    def run_load(plan: LoadPlan, timing: Timing, **more: Any) -> dict[str, Any]:
        asked.append((plan, timing, more))
        return FIGURES

    monkeypatch.setattr(run_module, "run_load", run_load)
    return asked


Asked = list[tuple[LoadPlan, Timing, dict[str, Any]]]


def test_every_option_reaches_the_plan(asked: Asked) -> None:
    words = "--clients 7 --streams 2 --ramp 9 --seconds 3s --settle 500ms --read-round 20ms,0"
    words += " --server-pid 11 --server-pid 12 --processes 2 --receive-buffer 4096 --stalled 1"
    words += " --kbit 300 --no-audio --fps 30 --speed 2 --stretch 3 --frame-size 99 --inflight 5"
    assert main(["load", "play", "--url", URL, *words.split()]) == Exit.OK
    [(plan, timing, more)] = asked
    assert plan == LoadPlan(
        load=Load.PLAY, url=URL, clients=7, streams=2, ramp=9.0, receive_buffer=4096, stalled=1,
        kbit=300, audio=False, fps=30.0, speed=2.0, stretch=3, frame_size=99, inflight=5,
    )  # fmt: skip
    assert timing == Timing(seconds=3.0, settle_s=0.5, rounds_s=(0.02, 0.0))
    assert more == {"server": [11, 12], "processes": 2}


def test_players_of_what_nobody_publishes_are_told_of(
    asked: Asked, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["load", "play", "--url", URL])
    assert capsys.readouterr().err == ""
    monkeypatch.setitem(FIGURES, "no_media", 2)
    assert main(["load", "play", "--url", URL]) == Exit.OK
    assert capsys.readouterr().err == (
        f"trio-srs: 2 of 3 got no media: does anybody publish {URL}?\n"
    )


def test_players_read_in_rounds_unless_told_otherwise(asked: Asked) -> None:
    main(["load", "play", "--url", URL])
    assert asked[0][1].rounds_s == (0.02,)


def test_json_is_one_line(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    main(["load", "play", "--url", URL, "--json"])
    assert json.loads(capsys.readouterr().out) == FIGURES


def test_figures_for_people_are_a_line_each(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["load", "play", "--url", URL])
    assert capsys.readouterr().out.splitlines() == [
        "connected             3",
        "ttfb_ms               n 3  p50 1.5",
        "window 1",
        "  seconds               2.0",
        "  server",
        "    cpu_pct               4.0",
    ]


def test_nobody_connected_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "run_load", lambda *_, **__: {"connected": 0})
    assert main(["load", "play", "--url", URL]) == Exit.FAILED


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["play", "--url", "rtmp://192.0.2.1/live/s"], "not an address in 127.0.0.0/8"),
        (["play", "--url", URL, "--clients", "0"], "clients is 0"),
        (["siege", "--url", URL], "'siege' is not a valid Load"),
        (["play", "--url", URL, "--seconds", "soon"], "expected a duration"),
        (["play"], "--url"),
    ],
)
def test_what_cannot_be_used_is_said(
    words: list[str], complaint: str, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["load", *words]) == Exit.USAGE
    assert complaint in capsys.readouterr().err
    assert asked == []


@pytest.mark.parametrize(
    ("error", "complaint", "code"),
    [
        (LoadRefusedError("no such file"), "no such file", Exit.FAILED),
        (KeyboardInterrupt(), "interrupted", Exit.INTERRUPTED),
    ],
)
def test_a_run_that_came_to_nothing_has_a_reason(
    error: BaseException,
    complaint: str,
    code: Exit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run_load(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(run_module, "run_load", run_load)
    assert main(["load", "play", "--url", URL]) == code
    assert complaint in capsys.readouterr().err
