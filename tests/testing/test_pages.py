"""The tests that pages of the documentation show are run, and come out as the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
import tomli

from tests.testing.processes import ROOT
from tests.testing.project import Outcome, Project
from trio_srs import testing
from trio_srs.testing import PlayerProcess, PublisherProcess, ServerProcess, plugin
from trio_srs.testing.child.serving import FOR_TESTS

BLOCK: Final = re.compile(r"(?ms)^<!-- pytest(: fails)? -->\n```python\n(.*?)^```$")
SHOWN: Final = re.compile(r"(?ms)^```text\n(.*?)^```$")
PAGES: Final = [
    path for path in sorted((ROOT / "docs").rglob("*.md")) if BLOCK.search(path.read_text("utf-8"))
]


def files_of(page: Path) -> dict[str, tuple[bool, str]]:
    """The files that its blocks make: whether their tests fail, and the text."""
    blocks = BLOCK.findall(page.read_text("utf-8"))
    stem = page.stem.replace("-", "_")
    return {f"test_{stem}_{at}.py": (bool(fails), code) for at, (fails, code) in enumerate(blocks)}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What came of the tests of all pages, in one project."""
    project = Project(tmp_path_factory.mktemp("pages"), plugins=("pytest_trio.plugin",))
    for page in PAGES:
        for name, (_, code) in files_of(page).items():
            project.write(code, name)
    return project.run("-vv")


@pytest.mark.documented
@pytest.mark.timeout(120)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tests_of_a_page_come_out_as_it_says(page: Path, outcome: Outcome) -> None:
    """Those that fail as well, with every line that the page shows after them in their output."""
    text, files = page.read_text("utf-8"), files_of(page)
    for name, (fails, code) in files.items():
        tests = len(re.findall(r"(?m)^ *(?:async )?def test_", code))
        assert outcome.counts_in(name) == ((0, tests, 0) if fails else (tests, 0, 0)), (
            outcome.output
        )
    if any(fails for fails, _ in files.values()):
        after = text[text.index("<!-- pytest: fails -->") :]
        lines = [line for block in SHOWN.findall(after) for line in block.splitlines()]
        assert lines
        assert [line for line in lines if line not in outcome.output] == [], outcome.output


def test_the_four_tests_of_a_pipeline_take_no_more_than_60_lines() -> None:
    page = next(page for page in PAGES if page.stem == "tutorial-encoder")
    [pipeline] = [code for _, code in files_of(page).values() if "packager" in code]
    assert re.findall(r"(?m)^def test_the_(\w+?)_", pipeline) == [
        *("stream", "encoder", "transcoder", "packager"),
    ]
    assert len(pipeline.splitlines()) <= 60


REFERENCE: Final = (ROOT / "docs" / "reference" / "testing.md").read_text("utf-8")


def section(title: str) -> str:
    """What stands under a title of the reference."""
    return REFERENCE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_settings_are_as_the_reference_says() -> None:
    [text] = re.findall(r"(?ms)^```toml\n(.*?)^```$", section("Settings"))
    assert tomli.loads(text) == FOR_TESTS


@pytest.mark.parametrize(
    ("title", "kinds"),
    [
        ("ServerProcess", (ServerProcess,)),
        ("Publishers and players", (PublisherProcess, PlayerProcess)),
    ],
)
def test_the_reference_has_exactly_the_members_there_are(
    title: str, kinds: tuple[type, ...]
) -> None:
    rows = re.findall(r"(?m)^\| (`.+?) \| ", section(title))
    described = {name for row in rows for name in re.findall(r"`(\w+)[`(]", row)}
    there = {name for kind in kinds for name in dir(kind) if not name.startswith("_")}
    assert described == there - {"is_over", "role", "who"}


def test_the_reference_has_every_fixture() -> None:
    assert set(re.findall(r"`((?:trio_)?rtmp_\w+)`", section("Fixtures"))) == set(plugin.__all__)


def test_the_reference_names_everything_there_is_for_tests() -> None:
    words = set(re.findall(r"\w+", REFERENCE))
    assert set(testing.__all__) - words == set()
