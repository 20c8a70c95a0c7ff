"""``trio-srs conformance``: prints a report card, and writes it down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trio_srs.app.cli import conformance, main
from trio_srs.app.cli.exits import Exit
from trio_srs.tools.encoder_card.card_run import CardLine
from trio_srs.tools.encoder_card.situation import SITUATIONS, Behaviour, Situation
from trio_srs.tools.verdicts.outcome import ProgramEnd


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """One that always publishes, whatever happens; the folders that it was given."""
    folders: list[Path] = []

    async def run_situation(
        situation: Situation, words: list[str], environ: object, *, seconds: float, folder: Path
    ) -> CardLine:
        folders.append(folder)
        return CardLine(
            situation=situation,
            behaviour=Behaviour.PUBLISHES,
            connections=1,
            publishes=1,
            program=ProgramEnd(words=tuple(words), returncode=-15, seconds=seconds, stopped="x"),
            was_done=True,
        )

    monkeypatch.setattr(conformance, "run_situation", run_situation)
    return folders


def test_the_card_says_what_is_good_and_what_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = tmp_path / "card.md"
    assert main(["conformance", "--markdown", str(card), "--", "enc", "{url}"]) == Exit.FAILED
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == len(SITUATIONS)
    assert "ok  plain                publishes (1 connection, 1 publish, stopped by us)" in out
    assert " -  reconnect request    publishes" in out
    assert "NOT refused name         publishes" in out
    assert "not as it should be: refused name, refused once, redirect, reset, close" in err
    page = card.read_text()
    assert "`enc {url}`" in page
    assert "| plain | the server does nothing wrong | publishes | good |" in page


def test_some_situations_as_json_with_their_captures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoder: list[Path]
) -> None:
    words = ["--only", "plain", "--only", "late connect", "--json", "--captures", str(tmp_path)]
    assert main(["conformance", *words, "--seconds", "2", "--", "enc"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    assert [each["situation"] for each in told["lines"]] == ["plain", "late connect"]
    assert told["lines"][1]["fault"] == "late connect by=1s"
    assert encoder == [tmp_path / "plain", tmp_path / "late-connect"]


def test_what_cannot_be_done_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conformance"]) == Exit.USAGE
    assert "expected -- and the encoder's command" in capsys.readouterr().err
    words = ["--only", "plain", "--markdown", "/nowhere/card.md", "--", "enc"]
    assert main(["conformance", *words]) == Exit.NOT_WRITTEN
