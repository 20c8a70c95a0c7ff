"""The examples in other languages pass with an encoder that is right, and name what is wrong."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.contrib.programs import CONTRIB, ENCODER, python_of, run

pytestmark = [pytest.mark.contrib, pytest.mark.timeout(200)]
WRONG = ENCODER.replace("--seconds 1", "--seconds 1 --defect regression@5:100")
NODE = shutil.which("node")


def has(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program} here")


@has("node")
def test_the_package_for_node_passes_its_tests(tmp_path: Path) -> None:
    # A glob of its own: what a folder means to --test differs from version to version.
    files = sorted((CONTRIB / "node" / "test").glob("*.test.js"))
    environ = {"PYTHON": python_of(tmp_path)}
    done = run("node", "--test", "--test-reporter=tap", *files, cwd=CONTRIB, environ=environ)
    assert done.returncode == 0, done.stdout
    assert re.search(r"(?m)^# pass (\d\d)$", done.stdout), done.stdout
    assert "\n# skipped 0\n" in done.stdout


@has("node")
def test_every_name_that_types_declare_is_exported(tmp_path: Path) -> None:
    script = (
        "import * as all from 'trio-srs';"
        "const own = (it) => Object.getOwnPropertyNames(it.prototype ?? {});"
        "console.log(JSON.stringify(Object.fromEntries("
        "Object.entries(all).map(([name, it]) => [name, own(it)]))))"
    )
    done = run("node", "--input-type=module", "-e", script, cwd=CONTRIB / "node")
    exported = json.loads(done.stdout)
    declared = (CONTRIB / "node" / "index.d.ts").read_text(encoding="utf-8")
    classes = re.findall(r"(?ms)^export class (\w+)[^{]*\{(.*?)\}$", declared)
    functions = re.findall(r"(?m)^export function (\w+)", declared)
    assert {name for name, _ in classes} | set(functions) == set(exported)
    for name, body in classes:
        methods = set(re.findall(r"(?m)^  (\w+)\(", body)) - {"constructor"}
        assert methods <= set(exported[name]), name


@has("npm")
def test_the_package_for_node_has_its_sources_and_no_tests(tmp_path: Path) -> None:
    environ = {"npm_config_cache": str(tmp_path), "npm_config_offline": "true"}
    done = run(
        "npm", "pack", "--dry-run", "--json", "--silent", cwd=CONTRIB / "node", environ=environ
    )
    [packed] = json.loads(done.stdout)
    names = {each["path"] for each in packed["files"]}
    sources = {f"src/{path.name}" for path in (CONTRIB / "node" / "src").iterdir()}
    assert names == {"package.json", "README.md", "index.d.ts", *sources}


@pytest.mark.skipif(
    not (CONTRIB / "node" / "node_modules" / ".bin" / "tsc").exists(),
    reason="npm ci has not been run in contrib/node",
)
def test_the_types_for_node_are_as_a_test_uses_them() -> None:
    done = run("npm", "run", "--silent", "types", cwd=CONTRIB / "node")
    assert done.returncode == 0, done.stdout


@has("go")
@pytest.mark.parametrize(
    ("encoder", "code", "said"),
    [
        (ENCODER, 0, "--- PASS: TestTheEncoderInOneCommand"),
        (WRONG, 1, "healthy.timestamps: expected 0, seen: 1; first at video frame 5"),
    ],
    ids=["right", "wrong"],
)
def test_the_example_in_go(tmp_path: Path, encoder: str, code: int, said: str) -> None:
    python = python_of(tmp_path)
    environ = {
        "PYTHON": python, "ENCODER": f"{python} {encoder}",
        "GOFLAGS": "-count=1", "GOTOOLCHAIN": "local",
    }  # fmt: skip
    done = run("go", "test", "-v", cwd=CONTRIB / "go", environ=environ, timeout=180)
    assert done.returncode == code, done.stdout
    assert said in done.stdout


@has("javac")
@pytest.mark.parametrize(
    ("encoder", "code", "said"),
    [
        (ENCODER, 0, "3 tests passed\n"),
        (WRONG, 1, "healthy.timestamps: expected 0, seen: 1; first at video frame 5"),
    ],
    ids=["right", "wrong"],
)
def test_the_example_in_java(tmp_path: Path, encoder: str, code: int, said: str) -> None:
    python = python_of(tmp_path)
    environ = {"PYTHON": python, "ENCODER": f"{python} {encoder}"}
    done = run("java", CONTRIB / "java" / "EncoderTest.java", cwd=tmp_path, environ=environ)
    assert done.returncode == code, done.stdout
    assert said in done.stdout


@has("swift")
def test_the_example_in_swift(tmp_path: Path) -> None:
    python = python_of(tmp_path)
    environ = {"PYTHON": python, "ENCODER": f"{python} {ENCODER}"}
    build = ("--package-path", CONTRIB / "swift", "--scratch-path", tmp_path / "build")
    done = run("swift", "test", *build, cwd=tmp_path, environ=environ, timeout=180)
    assert done.returncode == 0, done.stdout


@has("curl")
@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize(
    ("encoder", "code", "said"),
    [
        (ENCODER, 0, "live/cam1 is as it should be\n"),
        (WRONG, 1, "NOT healthy.timestamps == 0  1; first at video frame 5"),
    ],
    ids=["right", "wrong"],
)
def test_the_example_in_a_shell(
    tmp_path: Path, shell: str, encoder: str, code: int, said: str
) -> None:
    python = python_of(tmp_path)
    script = CONTRIB / "shell" / "encoder_test.sh"
    words = [python, *encoder.split()]
    done = run(shell, script, *words, cwd=tmp_path, environ={"PYTHON": python})
    assert done.returncode == code, done.stdout
    assert said in done.stdout


@has("curl")
def test_the_example_in_a_shell_says_what_did_not_come_over_http(tmp_path: Path) -> None:
    """An encoder that does it right the first time, and not the second."""
    python = python_of(tmp_path)
    once = f"[ -e done ] || {{ touch done; exec {python} {ENCODER.replace('{url}', '$0')}; }}"
    script = CONTRIB / "shell" / "encoder_test.sh"
    environ = {"PYTHON": python, "TIMEOUT": "0.5"}
    done = run("sh", script, "sh", "-c", once, "{url}", cwd=tmp_path, environ=environ)
    assert done.returncode == 1, done.stdout
    assert "no keyframe on live/cam1 within 0.5 s; nothing happened\n" in done.stdout


@has("shellcheck")
def test_the_scripts_are_of_any_posix_shell() -> None:
    scripts = sorted((CONTRIB / "shell").glob("*.sh"))
    done = run("shellcheck", "--shell=sh", *scripts, cwd=CONTRIB)
    assert done.returncode == 0, done.stdout
