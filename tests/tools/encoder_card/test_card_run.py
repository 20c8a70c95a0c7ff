"""What an encoder did is said by what the server saw."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from trio_srs.faults.fault_text import parse_fault
from trio_srs.tools.encoder_card.card_run import CardLine, _behaviour, run_situation
from trio_srs.tools.encoder_card.situation import SITUATIONS, Behaviour, Mark, Situation
from trio_srs.tools.verdicts.outcome import ProgramEnd

BY_NAME = {each.name: each for each in SITUATIONS}


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_every_situation_is_a_fault_that_there_is_and_has_something_good(
    situation: Situation,
) -> None:
    if situation.fault:
        parse_fault(situation.fault.format(url="rtmp://127.0.0.1/other/card"))
    assert situation.good
    assert not situation.good & situation.lawful
    marks = {situation.mark(each) for each in Behaviour}
    assert {Mark.GOOD, Mark.BAD} <= marks


@pytest.mark.parametrize(
    ("facts", "behaviour"),
    [
        ({"went_on": True}, Behaviour.PUBLISHES),
        ({"went_on": True, "answered": True}, Behaviour.ANSWERS),
        ({"went_on": True, "publishes": 2}, Behaviour.COMES_BACK),
        ({"went_on": True, "connections": 2}, Behaviour.COMES_BACK),
        ({"followed": True, "is_over": True}, Behaviour.FOLLOWS),
        ({"is_over": True}, Behaviour.GIVES_UP),
        ({"publishes": 0}, Behaviour.STAYS),
    ],
)
def test_a_behaviour_follows_from_what_was_seen(
    facts: dict[str, int], behaviour: Behaviour
) -> None:
    seen = {"followed": 0, "publishes": 1, "connections": 1, "went_on": 0, "answered": 0}
    assert _behaviour(**{**seen, "is_over": 0, **facts}) is behaviour  # type: ignore[arg-type]  # bools


def test_what_did_not_come_about_is_not_good() -> None:
    program = ProgramEnd(words=("x",), returncode=0, seconds=1.0)
    line = CardLine(
        situation=BY_NAME["no acknowledgements"],
        behaviour=Behaviour.PUBLISHES,
        connections=1,
        publishes=2,
        program=program,
        was_done=False,
    )
    assert line.mark is Mark.NOT_TRIED
    assert line.detail == "1 connection, 2 publishes, exited with 0 after 1.0 s"


@pytest.mark.interop
async def test_our_own_publisher_answers_a_ping(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "trio_srs", "publish", "--quiet"]
    words += ["--pattern", "h264:160x90@25", "--audio", "none", "{url}"]
    line = await run_situation(
        BY_NAME["ping"], words, dict(os.environ), seconds=3.0, folder=tmp_path / "captures"
    )
    assert line.behaviour is Behaviour.ANSWERS
    assert line.mark is Mark.GOOD
    assert line.was_done
    assert list((tmp_path / "captures").glob("*.rtmpcap"))
