"""Generated pages say what the source says, and what the other pages say of it is so."""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests import preloaded
from trio_srs.app.cli import COMMANDS, parser_of
from trio_srs.config.keys import keys
from trio_srs.config.load import loads
from trio_srs.config.sections import SECTIONS
from trio_srs.errors import EndReason

ROOT = Path(__file__).parent.parent
GENERATOR = ROOT / "docs" / "generate.py"
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_file())
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
KEYS = {name: set(keys(each.kind)) for name, each in SECTIONS.items() if not each.is_scope}


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_generated_pages_are_up_to_date() -> None:
    """In a process of its own: error classes made by other tests are not there."""
    run = preloaded.run([sys.executable, str(GENERATOR), "--check"], timeout=50)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


@pytest.mark.usefixtures("generator")
def test_the_errors_page_names_every_code_and_end_reason() -> None:
    from docs.generators.errors_page import error_classes, errors_page  # it imports all there is

    page = errors_page()
    words = [cls.code for cls in error_classes()] + [reason.value for reason in EndReason]
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
    monkeypatch.setattr(generator, "MODULES", {})

    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert (generator.main(), page.read_text()) == (1, "old")
    monkeypatch.setattr(sys, "argv", ["generate.py"])
    assert (generator.main(), page.read_text()) == (0, "new")
    assert "page.md: out of date" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_page_has_exactly_the_options_there_are(command: str) -> None:
    # Asked of the parser: how the help text is laid out differs from Python to Python.
    there = [
        word
        for action in parser_of(command)._actions
        for word in action.option_strings
        if word.startswith("--")
    ]
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    [section] = re.findall(rf"(?ms)^## {command}\n(.*?)^## ", page)
    described = re.findall(r"(?m)^\| (?:`-\w \w+`, )?`(--[a-z-]+)", section)
    assert sorted(described) == sorted({*there} - {"--help", "--version"})


@pytest.mark.parametrize("mark", ["run", "test"])
def test_the_readme_has_each_of_its_two_lines_once(mark: str) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"<!-- ci: {mark} -->\n```sh\n(.+)\n```\n", text)
    assert line.startswith("python3 -m venv .venv && ")


def code_spans(page: Path) -> list[str]:
    """What stands between single backticks, outside of fenced blocks."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    return re.findall(r"`([^`\n]+)`", prose)


def fenced(page: Path, language: str, *, mark: str = "") -> list[str]:
    """The fenced blocks of a language, behind a marker if one is given."""
    text = page.read_text(encoding="utf-8")
    before = rf"<!-- {mark} -->\n" if mark else ""
    return re.findall(rf"(?ms)^{before}```{language}\n(.*?)^```$", text)


@EACH_PAGE
def test_every_name_of_ours_that_a_page_mentions_exists(page: Path) -> None:
    names = {
        name
        for span in code_spans(page)
        for name in re.findall(r"(?<![\w./])trio_srs(?:[.:][A-Za-z_]\w*)+", span)
    }
    missing = set()
    for name in names:
        try:
            pkgutil.resolve_name(name)
        except (ImportError, AttributeError):
            missing.add(name)
    assert missing == set()


@EACH_PAGE
def test_every_key_that_a_page_mentions_exists(page: Path) -> None:
    found = [
        (section, key)
        for span in code_spans(page)
        for section, key in re.findall(rf"(?<![\w./:-])({'|'.join(KEYS)})\.([a-z]\w*)", span)
    ]
    assert [f"{section}.{key}" for section, key in found if key not in KEYS[section]] == []


@EACH_PAGE
def test_every_configuration_on_a_page_is_lawful(page: Path) -> None:
    for text in fenced(page, "toml"):
        loads(text, name=page.name)


@EACH_PAGE
def test_every_file_that_a_page_links_to_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a shell finds programs: ours first, there in no time."""
    folder = tmp_path_factory.mktemp("tools")
    preloaded.program(folder, "trio-srs", "-m", "trio_srs")
    return f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"


SESSIONS = [page for page in PAGES if fenced(page, "console", mark="session")]
_NEXT = "-- next --"


@pytest.mark.documented
@pytest.mark.parametrize("page", SESSIONS, ids=lambda page: page.stem)
def test_what_a_page_has_one_type_comes_out_as_it_says(
    page: Path, tmp_path: Path, tools: str
) -> None:
    """Blocks marked ``session``: all of a page in one shell; ``…`` stands for what differs."""
    environ = os.environ | {"PATH": tools}
    lines = [
        line for block in fenced(page, "console", mark="session") for line in block.splitlines()
    ]
    script = ["exec 2>&1", "trap 'kill $(jobs -p) 2>/dev/null' EXIT"]
    shown: list[list[str]] = []
    for line in lines:
        if line.startswith("$ "):
            script += [line.removeprefix("$ "), f"echo {shlex.quote(_NEXT)}"]
            shown.append([line])
        else:
            shown[-1].append(line)
    run = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True, timeout=50, check=False,
    )  # fmt: skip
    said = run.stdout.split(f"{_NEXT}\n")
    assert len(said) > len(shown)
    for (command, *expected), out in zip(shown, said, strict=False):
        pattern = re.escape("\n".join(expected)).replace("…", ".*")
        assert re.fullmatch(pattern, out.rstrip("\n")), f"{command}\n{out}"


@EACH_PAGE
def test_what_a_page_shows_of_a_terminal_is_what_comes_out(
    page: Path, tmp_path: Path, tools: str
) -> None:
    """Blocks marked ``run``: all commands behind ``$`` in one shell, both outputs together."""
    environ = os.environ | {"PATH": tools}
    for block in fenced(page, "console", mark="run"):
        lines = block.splitlines()
        script = ["exec 2>&1", *(line.removeprefix("$ ") for line in lines if line[:2] == "$ ")]
        shown = [line for line in lines if line[:2] != "$ "]
        run = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True, timeout=50, check=False,
        )  # fmt: skip
        assert run.stdout.splitlines() == shown


@EACH_PAGE
def test_no_page_sends_to_an_index_that_does_not_have_us(page: Path) -> None:
    """Until there is a release: ``pip install ./trio-srs[test]``, of a clone."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"pip install (?:-\S+ )*[\"']?trio-srs\b.*", text) == []


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda path: path.name)
def test_no_example_does_either(page: Path) -> None:
    test_no_page_sends_to_an_index_that_does_not_have_us(page)
