"""What holds, what may be changed while it runs, and where that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from trio_srs.config.load import load
from trio_srs.config.schema import Config
from trio_srs.hub.steering import (
    ConfigInvalidError,
    NeedsRestartError,
    NoConfigFileError,
    SaveFailedError,
)
from trio_srs.server.server_steering import ServerSteering

TEXT = """\
# Of the studio.
[stream]
gop_cache = "3s"  # enough

[app.live]
inspect = "off"
"""


@pytest.fixture
def steering(tmp_path: Path) -> ServerSteering:
    path = tmp_path / "config.toml"
    path.write_text(TEXT)
    path.chmod(0o640)
    taken: list[Config] = []
    made = ServerSteering(load(path), taken.append)
    made.load, made.path, made.taken_over = lambda: load(path), path, taken.append
    return made


def test_a_patch_holds_at_once_and_is_not_saved(steering: ServerSteering) -> None:
    [change] = steering.patch({"stream": {"gop_cache": "5s"}})
    assert str(change) == 'stream.gop_cache: "3s" -> "5s"'
    assert steering.config.stream.gop_cache == 5.0
    assert steering.effective()["stream"]["gop_cache"] == "5s"
    assert steering.shown(steering.config.stream)["gop_cache"] == "5s"
    assert steering.unsaved == {"stream": {"gop_cache": "5s"}}
    assert steering.file is not None
    assert Path(steering.file).read_text() == TEXT


@pytest.mark.parametrize(
    ("patch", "error", "why"),
    [
        ({"stream": {"gop_cache": "x"}}, ConfigInvalidError, "stream.gop_cache: "),
        ({"stream": {"inspect": "full"}, "rtmp": {"listen": []}}, NeedsRestartError, "rtmp.listen"),
    ],
)
def test_of_what_cannot_be_nothing_is_done(
    steering: ServerSteering, patch: dict[str, object], error: type[Exception], why: str
) -> None:
    before = steering.config
    with pytest.raises(error, match=why):
        steering.patch(patch)
    assert (steering.config, steering.unsaved) == (before, {})


def test_what_is_saved_is_loaded_again_and_comments_stay(steering: ServerSteering) -> None:
    steering.patch({"stream": {"gop_cache": "5s"}, "app": {"live": {"inspect": None}}})
    steering.patch({"app": {"live": {"linger": "1s"}, "other": {"linger": "2s"}}})
    assert steering.path is not None
    assert steering.save() == str(steering.path)
    assert steering.unsaved == {}
    text = steering.path.read_text()
    assert "# Of the studio." in text
    assert 'gop_cache = "5s"  # enough' in text
    assert load(steering.path) == steering.config
    assert steering.path.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in steering.path.parent.iterdir()] == ["config.toml"]
    assert steering.reload() == []


def test_a_reload_gives_up_what_was_not_saved(steering: ServerSteering) -> None:
    steering.patch({"stream": {"gop_cache": "5s"}})
    assert steering.can_reload
    [change] = steering.reload()
    assert (change.new, steering.unsaved) == ('"3s"', {})
    assert steering.path is not None
    steering.path.write_text("[stream]\nnothing = 1\n")
    with pytest.raises(ConfigInvalidError, match=r"stream\.nothing"):
        steering.reload()
    assert steering.config.stream.gop_cache == 3.0


def test_what_cannot_be_loaded_again_is_not_saved(steering: ServerSteering) -> None:
    steering.patch({"app": {"live": {"linger": "1s"}}})
    assert steering.path is not None
    steering.path.write_text("[stream]\nnothing = 1\n")  # somebody edits it meanwhile
    with pytest.raises(SaveFailedError, match="could not be loaded again"):
        steering.save()
    assert steering.path.read_text() == "[stream]\nnothing = 1\n"
    steering.path.write_text("not TOML")
    with pytest.raises(SaveFailedError, match="cannot be saved"):
        steering.save()
    assert steering.unsaved


def test_a_server_of_a_program_has_no_file() -> None:
    steering = ServerSteering(Config(), lambda _: None)
    steering.patch({"stream": {"gop_cache": "5s"}})
    assert (steering.file, steering.can_reload) == (None, False)
    for act in (steering.save, steering.reload):
        with pytest.raises(NoConfigFileError):
            act()


def test_without_its_package_it_is_said_what_to_install(
    steering: ServerSteering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tomlkit", None)
    steering.patch({"stream": {"gop_cache": "5s"}})
    with pytest.raises(SaveFailedError, match="pip install tomlkit"):
        steering.save()
