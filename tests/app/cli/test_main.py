"""Which words mean which command, and what the help says."""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import subprocess
import sys
from types import ModuleType

import pytest

from trio_srs.app import cli
from trio_srs.app.cli import COMMANDS, main
from trio_srs.app.cli.exits import Exit


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Commands that only note that they were run, and with what."""
    calls: list[tuple[str, list[str]]] = []

    def import_module(name: str) -> ModuleType:
        module = ModuleType(name, f"``x``: y.\n\nWhat {name} does.")

        def configure(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("words", nargs="*")
            parser.add_argument("--set")

        def run(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
            calls.append((name.rpartition(".")[2], args.words))
            return Exit.COMMAND_FAILED

        vars(module).update(configure=configure, run=run)
        return module

    monkeypatch.setattr(cli, "import_module", import_module)
    return calls


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("serve", [])),
        (["my.toml"], ("serve", ["my.toml"])),
        (["--set", "a=1", "my.toml"], ("serve", ["my.toml"])),
        (["serve"], ("serve", [])),
        (["serve", "other.conf"], ("serve", ["other.conf"])),
        *[([name, "a"], (name.replace("-", "_"), ["a"])) for name in COMMANDS],
    ],
)
def test_the_first_word_decides(
    ran: list[tuple[str, list[str]]], words: list[str], expected: tuple[str, list[str]]
) -> None:
    assert main(words) == Exit.COMMAND_FAILED
    assert ran == [expected]


def test_the_words_are_those_of_the_process_by_default(
    ran: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["trio-srs", "play", "x"])
    main()
    assert ran == [("play", ["x"])]


@pytest.mark.parametrize(
    ("word", "hint"),
    [("pubish", "did you mean 'publish'?"), ("zzz", f"expected one of {', '.join(COMMANDS)}")],
)
def test_an_unknown_command_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], word: str, hint: str
) -> None:
    assert main([word]) == Exit.USAGE
    assert capsys.readouterr().err == f"trio-srs: there is no command {word!r}; {hint}\n"


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--no-such"]) == Exit.USAGE
    assert "unrecognized arguments: --no-such" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_has_a_line_for_every_command_and_exit_code(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main([option]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    for name, summary in COMMANDS.items():
        assert f"  {name:<14}{summary}" in lines
    for code in Exit:
        assert f"  {code.value:<10}{code.meaning}" in lines


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_version(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([name, "--help"]) == Exit.OK
    text = capsys.readouterr().out
    assert text.startswith(f"usage: trio-srs {name} [-h]")
    assert len(text.splitlines()) > 10
    assert main([name, "--version"]) == Exit.OK
    assert capsys.readouterr().out.startswith("trio-srs ")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == Exit.OK
    assert capsys.readouterr().out == f"trio-srs {importlib.metadata.version('trio-srs')}\n"


def test_the_exit_codes_are_what_they_were() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "OK": 0, "FAILED": 1, "USAGE": 2, "NO_STREAM": 3, "COMMAND_FAILED": 4, "NOT_WRITTEN": 5,
        "INTERRUPTED": 130, "TERMINATED": 143,
    }  # fmt: skip


@pytest.mark.parametrize("words", [["-m", "trio_srs"], ["-c", "import trio_srs.__main__"]])
def test_the_module_runs_only_as_a_program(words: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, *words, "pubish"], capture_output=True, text=True, check=False, timeout=30
    )
    assert run.returncode == (Exit.USAGE if words[0] == "-m" else 0)


def test_a_server_pays_for_nothing_it_does_not_use() -> None:
    """Until it is ready it must not have imported what only other commands need, or only what
    comes later."""
    program = (
        "import sys, trio_srs.app.cli.serve, trio_srs.server.process;"
        "unwanted = {'rich', 'cryptography', 'asyncio', 'difflib', 'trio_srs.tools',"
        "'trio_srs.media.facts'};"
        "print(*sorted(unwanted & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert (run.stdout, run.stderr) == ("\n", "")


def test_while_a_command_is_imported_garbage_is_looked_for_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual, seen = gc.get_threshold(), list[int]()

    def main() -> int:
        seen.append(gc.get_threshold()[0])
        return Exit.OK

    monkeypatch.setattr(cli, "main", main)
    monkeypatch.setattr(cli, "prepare", lambda: None)
    monkeypatch.setattr(cli, "settle", lambda: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    gc.set_threshold(700)
    try:
        assert cli.program() == Exit.OK
    finally:
        gc.set_threshold(*usual)
    assert seen[0] > 10_000
