"""``serve``: what it says about a configuration, and what it hands to the server."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.config.load import loads
from trio_srs.config.schema import Config
from trio_srs.server import process
from trio_srs.server.process import ProcessOptions


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TRIO_SRS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Config, ProcessOptions]]:
    """Servers that were started, or would have been."""
    calls = []

    def run_process(config: Config, load: Callable[[], Config], options: ProcessOptions) -> int:
        assert load() == config
        calls.append((config, options))
        return Exit.FAILED

    monkeypatch.setattr(process, "run_process", run_process)
    return calls


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "my.toml"
    path.write_text("[rtmp]\nchunk_size = 4096\n")
    return path


def test_a_server_gets_configuration_and_options(
    started: list[tuple[Config, ProcessOptions]], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIO_SRS_RTMP__BACKLOG", "77")
    ready, (reading, writing) = config.with_name("ready"), os.pipe()
    words = [str(config), "--set", "rtmp.max_connections=5", "--ready-file", str(ready)]
    assert main([*words, "--ready-fd", str(writing), "--die-with-parent"]) == Exit.FAILED
    [(got, options)] = started
    assert (got.rtmp.chunk_size, got.rtmp.backlog, got.rtmp.max_connections) == (4096, 77, 5)
    assert options == ProcessOptions(
        config_file=config, ready_file=ready, ready_fd=writing, die_with_parent=True
    )
    os.close(reading)
    os.close(writing)


def test_addresses_on_the_command_line_are_in_place_of_those_of_the_file(
    started: list[tuple[Config, ProcessOptions]], config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text('[rtmp]\nlisten = [":1935", ":1936"]\n')
    words = ["--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--api", "127.0.0.1:1985"]
    assert main([str(config), *words]) == Exit.FAILED
    [(got, _)] = started
    assert list(map(str, got.rtmp.listen)) == ["127.0.0.1:0", "[::1]:0"]
    assert list(map(str, got.api.listen)) == ["127.0.0.1:1985"]
    assert main(["--listen", ":1940", "--print-config"]) == Exit.OK
    assert 'listen = [":1940"]' in capsys.readouterr().out


def test_faults_on_the_command_line_are_in_place_of_those_of_the_file(
    started: list[tuple[Config, ProcessOptions]], config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text('[faults]\nrules = ["refuse play"]\nseed = 7\n')
    words = ["--fault", "refuse publish 'description=no key'", "--fault", "reset play after=2s"]
    assert main([str(config), *words]) == Exit.FAILED
    [(got, _)] = started
    assert got.faults.rules == ("refuse publish 'description=no key'", "reset play after=2s")
    assert got.faults.seed == 7
    assert main(["--fault", "rest publish"]) == Exit.USAGE
    assert "there is no fault 'rest'; did you mean 'reset'" in capsys.readouterr().err
    assert main(["--fault", "refuse publish", "--fault", "redirect publish to=x"]) == Exit.USAGE
    assert "contradicts fault-1" in capsys.readouterr().err


def test_a_descriptor_that_is_only_read_is_no_place_for_the_ready_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reading, writing = os.pipe()
    assert main(["--ready-fd", str(reading)]) == Exit.USAGE
    assert f"{reading} is open for reading only" in capsys.readouterr().err
    os.close(reading)
    os.close(writing)


def test_without_a_file_the_defaults_are_served(
    started: list[tuple[Config, ProcessOptions]],
) -> None:
    assert main([]) == Exit.FAILED
    assert started == [(Config(), ProcessOptions())]


@pytest.mark.parametrize("words", [[], ["--check"], ["--print-config"]])
def test_every_problem_is_a_line_and_then_they_are_counted(
    capsys: pytest.CaptureFixture[str],
    started: list[tuple[Config, ProcessOptions]],
    config: Path,
    words: list[str],
) -> None:
    config.write_text("[rtmp]\nlisen = []\nchunk_size = 1\n")
    assert main([str(config), "--set", "rtmp.backlog=0", "--set", "x", *words]) == Exit.USAGE
    captured = capsys.readouterr()
    assert (captured.out, started) == ("", [])
    lines = captured.err.splitlines()
    assert f'{config}: rtmp.lisen: unknown key; did you mean "listen"?' in lines
    assert f"{config}: rtmp.chunk_size: expected 128 to 16777215, not 1" in lines
    assert "rtmp.backlog (--set rtmp.backlog): expected 1 to 65535, not 0" in lines
    assert any(line.startswith("--set x: expected key=value") for line in lines)
    assert lines[-1] == f"{config}: 4 problems"


def test_a_file_that_is_not_there_or_not_toml_is_named_once(
    capsys: pytest.CaptureFixture[str], config: Path
) -> None:
    config.write_text("[rtmp\n")
    assert main([str(config)]) == Exit.USAGE
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{config}, line 1, column 6: not TOML")
    assert last == f"{config}: 1 problem"
    assert main([f"{config}.toml"]) == Exit.USAGE
    first, _ = capsys.readouterr().err.splitlines()
    assert first == f"{config}.toml: cannot be read: No such file or directory"


def test_a_problem_of_no_file_has_no_file_before_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIO_SRS_RTMP__LISEN", "[]")
    assert main([]) == Exit.USAGE
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("TRIO_SRS_RTMP__LISEN: no such setting")
    assert last == "configuration: 1 problem"


def test_a_good_configuration_is_ok(
    capsys: pytest.CaptureFixture[str],
    started: list[tuple[Config, ProcessOptions]],
    config: Path,
) -> None:
    assert main([str(config), "--check"]) == Exit.OK
    assert main(["serve", "--check"]) == Exit.OK
    assert capsys.readouterr().out == f"{config}: ok\nconfiguration: ok\n"
    assert started == []


def test_a_check_looks_at_the_certificate(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    config.write_text('[rtmps]\nlisten = [":0"]\ncertificate = "/no/a.pem"\nkey = "/no/b.pem"\n')
    assert main([str(config), "--check"]) == Exit.USAGE
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{config}: rtmps: ")
    assert "/no/a.pem" in first
    assert last == f"{config}: 1 problem"


def test_what_is_printed_loads_back(capsys: pytest.CaptureFixture[str], config: Path) -> None:
    assert main([str(config), "--print-config"]) == Exit.OK
    printed = loads(capsys.readouterr().out)
    assert printed == loads(config.read_text())
    assert printed.rtmp.chunk_size == 4096


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--check", "--print-config"], "not allowed with argument"),
        (["--ready-fd", "x"], "x is no open file descriptor"),
        (["--ready-fd", "99999"], "99999 is no open file descriptor"),
        (["--listen", "127.0.0.1"], "argument --listen:"),
        (["--api", "everywhere:x"], "argument --api:"),
        (["--ready-file", "/no/such/place"], "there is no directory /no/such"),
        (["a.toml", "b.toml"], "unrecognized arguments: b.toml"),
    ],
)
def test_a_bad_command_line_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], words: list[str], text: str
) -> None:
    assert main(words) == Exit.USAGE
    assert text in capsys.readouterr().err
