"""Words that cannot be carried out: the mend is named, and nothing is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.app.cli import main
from trio_srs.app.cli.exits import Exit
from trio_srs.app.cli.suggestions import misses_dashes


def complaint(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The last line that is said of a command line that cannot be used."""
    assert main(words) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()[-1]


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a file in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.conf").write_text("")
    (tmp_path / "there").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("word", "mend"),
    [
        ("pubish", "did you mean 'publish'?"),
        ("my.conf", "a configuration of another name than *.toml is 'trio-srs serve my.conf'"),
        ("your.conf", "a configuration is *.toml, and there is no file your.conf either"),
        ("etc/srs", "a configuration is *.toml, and there is no file etc/srs either"),
        ("rtmp://h/a/b", "did you mean 'trio-srs probe rtmp://h/a/b', or play, or expect?"),
        (":1935", "did you mean 'trio-srs --listen :1935'?"),
        ("127.0.0.1:1935", "did you mean 'trio-srs --listen 127.0.0.1:1935'?"),
        ("[::1]:1935", "did you mean 'trio-srs --listen [::1]:1935'?"),
        ("x.flv", "did you mean 'trio-srs expect x.flv', or 'trio-srs publish x.flv URL'?"),
    ],
)
def test_where_a_command_is_expected(
    word: str, mend: str, somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complaint([word], capsys) == f"trio-srs: there is no command {word!r}; {mend}"


@pytest.mark.parametrize("command", ["probe", "play", "publish"])
@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("cam1", "did you mean 'rtmp://127.0.0.1/live/cam1'?"),
        ("live/cam1", "did you mean 'rtmp://127.0.0.1/live/cam1'?"),
        ("/live/cam1", "did you mean 'rtmp://127.0.0.1/live/cam1'?"),
        ("localhost/live/cam1", "did you mean 'rtmp://localhost/live/cam1'?"),
        ("media.example/live/cam1", "did you mean 'rtmp://media.example/live/cam1'?"),
        ("10.0.0.1:1940/live/cam1", "did you mean 'rtmp://10.0.0.1:1940/live/cam1'?"),
        ("[::1]:1940/live/cam1", "did you mean 'rtmp://[::1]:1940/live/cam1'?"),
        (":1940/live/cam1", "did you mean 'rtmp://127.0.0.1:1940/live/cam1'?"),
        ("rtmp:/h/live/cam1", "did you mean 'rtmp://h/live/cam1'?"),
        ("rtmp:///h/live/cam1", "did you mean 'rtmp://h/live/cam1'?"),
        ("http://h/live/cam1.flv", "over HTTP streams are judged, by 'trio-srs expect URL'"),
        ("srt://h:9000", "srt is another protocol"),
        ("rtsp://h/live/cam1", "rtsp is another protocol"),
        ("there", "a file to publish comes before the URL"),
        ("some.flv", "a file to publish comes before the URL"),
        ("", "such as rtmp://127.0.0.1/live/cam1"),
        ("rtmp://h/live", "names no stream: expected rtmp://host/app/stream"),
        ("rtmp://h", "has no app: expected rtmp://host/app/stream"),
        ("rtmp://h:0/live/cam1", "has port 0, expected 1 to 65535"),
    ],
)
def test_where_the_url_of_a_stream_is_expected(
    command: str, url: str, mend: str, somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["there", url] if command == "publish" else [url]
    line = complaint([command, *words], capsys)
    assert line.startswith(f"trio-srs {command}: error: argument URL: ")
    assert mend in line


@pytest.mark.parametrize(
    "words",
    [
        ["sh", "-c", "ffmpeg {url}"],
        ["sh"],
        ["--quiet", "sh", "-x"],
        ["--expect", "video.fps == 5", "sh", "{url}"],
        ["--quiet", "sh", "{url}"],
    ],
)
def test_dashes_that_were_forgotten(
    words: list[str], somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complaint(["expect", *words], capsys) == (
        "trio-srs expect: error: 'sh' looks like a command, which needs -- before it: "
        "trio-srs expect [option ...] -- sh ..."
    )


def test_dashes_before_a_program_that_is_not_there_either(
    somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = complaint(["expect", "my-encoder", "{url}"], capsys)
    assert "'my-encoder' looks like a command, which needs -- before it" in line


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["there"],
        ["rtmp://h/live/a"],
        ["--stream", "sh", "--listen", "127.0.0.1:0"],
        ["--junit", "sh", "there"],
        ["--capture=sh", "there"],
    ],
)
def test_no_dashes_are_missed_where_none_are_needed(words: list[str], somewhere: Path) -> None:
    assert misses_dashes(words, {"--quiet"}) == ""


@pytest.mark.parametrize(
    ("word", "mend"),
    [
        ("my-encoder -i x {url}", "did you mean it without the quotes, -- my-encoder -i x {url}?"),
        ("cat x | sh {url}", "did you mean -- sh -c 'cat x | sh {url}'?"),
        ("sh x && sh {url}", "did you mean -- sh -c 'sh x && sh {url}'?"),
    ],
)
def test_a_command_in_one_word(word: str, mend: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = complaint(["expect", "--", word], capsys)
    assert line.startswith(f"trio-srs expect: error: cannot run {word!r}: ")
    assert line.endswith(mend)


@pytest.mark.parametrize(
    ("target", "mend"),
    [
        ("cam1", "did you mean 'rtmp://127.0.0.1/live/cam1'?"),
        ("live/cam1", "did you mean 'rtmp://127.0.0.1/live/cam1'?"),
        ("127.0.0.1:1935/live/cam1", "did you mean 'rtmp://127.0.0.1:1935/live/cam1'?"),
    ],
)
def test_what_is_neither_a_url_nor_a_file_is_not_judged(
    target: str, mend: str, somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complaint(["expect", target], capsys) == (
        f"trio-srs expect: error: {target!r} is no URL, and there is no such file; {mend}"
    )


def test_a_command_that_is_told_no_url_and_publishes_nothing_is_told_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["expect", "--", "true"]) == Exit.NO_STREAM
    assert "no word of the command is or has {url}" in capsys.readouterr().out
    assert main(["expect", "--", "true", "{url}"]) == Exit.NO_STREAM
    assert "no word of the command" not in capsys.readouterr().out
