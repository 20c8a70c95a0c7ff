"""Generated pages say what the source says, and the README has its two lines."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from trio_srs.errors import EndReason

ROOT = Path(__file__).parent.parent
GENERATOR = ROOT / "docs" / "generate.py"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_up_to_date() -> None:
    """In a process of its own: error classes made by other tests are not there."""
    command = [sys.executable, str(GENERATOR), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def test_the_errors_page_names_every_code_and_end_reason(generator: ModuleType) -> None:
    page = generator.errors_page()
    words = [cls.code for cls in generator.error_classes()] + [reason.value for reason in EndReason]
    assert [word for word in words if f"\n| `{word}` | " not in page] == []


def test_a_page_that_differs_is_noticed_and_left_alone(
    generator: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = tmp_path / "page.md"
    page.write_text("old")
    monkeypatch.setattr(generator, "REFERENCE", tmp_path)
    monkeypatch.setattr(generator, "PAGES", {"page.md": lambda: "new"})

    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert (generator.main(), page.read_text()) == (1, "old")
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert (generator.main(), page.read_text()) == (0, "new")
    assert "page.md: out of date" in capsys.readouterr().out


@pytest.mark.parametrize("mark", ["run", "test"])
def test_the_readme_has_each_of_its_two_lines_once(mark: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"<!-- ci: {mark} -->\n```sh\n(.+)\n```\n", text)
    assert line.startswith("python3 -m venv .venv && ")
