"""config.toml and the reference page say what the classes say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trio_srs.config.app_scope import AppConfig
from trio_srs.config.keys import keys
from trio_srs.config.load import load, loads
from trio_srs.config.reference import config_toml, main, meanings, reference_page
from trio_srs.config.schema import Config
from trio_srs.config.sections import SECTIONS
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.hub.settings import StreamSettings

ROOT = Path(__file__).parents[2]
FILES = ["config.toml", "docs/reference/configuration.md"]
TABLES = [section.kind for section in SECTIONS.values() if not section.is_scope]


@pytest.mark.parametrize("file", FILES)
def test_the_written_files_are_up_to_date(file: str) -> None:
    assert main(["--check", str(ROOT / file)]) == 0


def test_config_toml_is_the_default() -> None:
    assert load(ROOT / "config.toml") == Config()


def test_config_toml_and_the_page_have_every_key_once() -> None:
    names = [name for section in TABLES for name in keys(section)]
    assert re.findall(r"^(\w+) = ", config_toml(), re.MULTILINE) == names
    assert re.findall(r"^\| `(\w+)` \|", reference_page(), re.MULTILINE) == [
        *names,
        "enabled",
        "aliases",
    ]


def test_the_examples_in_the_comments_load() -> None:
    examples = config_toml().split("\n#\n# [app.live]")[1]
    config = loads("[app.live]" + re.sub(r"^# ?", "", examples, flags=re.MULTILINE))
    assert set(config.app) == {"live"}
    assert set(config.vhost) == {"example.com"}
    assert config.settings_for("example.com", "live", "exam-1").play_missing == "refuse"


@pytest.mark.parametrize("section", [*TABLES, AppConfig, VhostConfig])
def test_every_key_has_a_meaning(section: type) -> None:
    about = meanings(section)
    assert set(keys(section)) <= {name for name, text in about.items() if len(text) > 20}


def test_no_key_of_a_scope_hides_a_stream_setting() -> None:
    own = (set(keys(VhostConfig)) | set(keys(AppConfig))) - {"settings"}
    assert not own & set(keys(StreamSettings))


def test_an_outdated_or_missing_file_fails_the_check_and_is_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, config = tmp_path / "page.md", tmp_path / "config.toml"
    config.write_text("old")
    assert main(["--check", str(page), str(config)]) == 1
    complaints = capsys.readouterr().err.splitlines()
    assert [line.split(" is out of date")[0] for line in complaints] == [str(page), str(config)]
    assert main([str(page), str(config)]) == 0
    assert main(["--check", str(page), str(config)]) == 0
    assert page.read_text() == reference_page()


def test_no_file_named_is_a_mistake() -> None:
    assert main(["--check"]) == 1
