"""The image: what can be said of its recipe without Docker, and its lines in an environment."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tomli

from tests.contrib.programs import CONTRIB, run
from trio_srs.config.load import load

ROOT = CONTRIB.parent
FOLDER = CONTRIB / "docker"
PORTS = {1935: "RTMP", 8080: "HTTP", 1985: "API"}


def instructions() -> list[tuple[str, str]]:
    """The instructions of the recipe, with their arguments."""
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", "", text).splitlines()
    pairs = (line.partition(" ") for line in lines if line and line[0] != "#")
    return [(word, rest) for word, _, rest in pairs]


def of(word: str) -> list[str]:
    return [rest for each, rest in instructions() if each == word]


def test_it_stands_on_one_version_of_python_that_we_support() -> None:
    bases = {rest.split()[0] for rest in of("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.1[1-4]\.\d+-slim-\w+", bases.pop())


def test_it_runs_as_nobody_in_particular_and_is_stopped_by_a_signal() -> None:
    last = [word for word, _ in instructions()]
    assert of("USER") == ["10001"]
    assert last.index("USER") < last.index("ENTRYPOINT")
    assert json.loads(of("ENTRYPOINT")[0]) == ["trio-srs", "serve"]  # no shell that takes signals


def test_its_configuration_is_lawful_and_listens_everywhere_at_the_ports_it_says() -> None:
    load(FOLDER / "config.toml")
    tables = tomli.loads((FOLDER / "config.toml").read_text(encoding="utf-8"))
    listens = {name: table["listen"] for name, table in tables.items() if "listen" in table}
    assert listens == {name.lower(): [f":{port}"] for port, name in PORTS.items()}
    assert of("EXPOSE") == [" ".join(map(str, PORTS))]
    [there] = json.loads(of("CMD")[0])
    assert f"contrib/docker/config.toml {there}" in of("COPY")


def chosen(folder: Path) -> None:
    """Copy what the build is given, by the list of what it is not."""
    lines = (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and line[0] != "#"]
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    for file in files:
        is_out = False
        for rule in rules:
            pattern = rule.removeprefix("!").removeprefix("**/")
            if file == pattern or file.startswith(f"{pattern}/") or fnmatch.fnmatch(file, pattern):
                is_out = not rule.startswith("!")
        if not is_out:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)


@pytest.mark.contrib
@pytest.mark.timeout(200)
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_its_lines_make_an_environment_whose_server_is_healthy(tmp_path: Path) -> None:
    source, made = tmp_path / "source", tmp_path / "made"
    source.mkdir()
    chosen(source)
    assert not (source / "tests").exists()
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_NO_COMPILE": "1",  # it is of use to who starts it more than once
    }
    for line in of("RUN"):
        if not line.startswith("useradd"):
            line = line.replace("/opt/trio-srs", str(made))
            done = run("sh", "-ec", line, cwd=source, environ=environ, timeout=180)
            assert done.returncode == 0, done.stdout

    [entry] = of("ENTRYPOINT")
    program, *words = json.loads(entry)
    command = [made / "bin" / program, *words, FOLDER / "config.toml"]
    elsewhere = {f"TRIO_SRS_{name}__LISTEN": '["127.0.0.1:0"]' for name in PORTS.values()}
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with subprocess.Popen(
        command, cwd=tmp_path, env={**outside, **elsewhere}, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            [api] = json.loads(server.stdout.readline())["api"]
            [check] = of("HEALTHCHECK")
            _, option, script = json.loads(check.partition("CMD ")[2])
            asking = (option, script.replace("1985", api.rpartition(":")[2]))
            healthy = (made / "bin" / "python", *asking)
            deadline = time.monotonic() + 60
            while (done := run(*healthy, cwd=tmp_path)).returncode != 0:  # as Docker tries again
                assert time.monotonic() < deadline, done.stdout
            server.send_signal(signal.SIGSTOP)
            assert run(*healthy, cwd=tmp_path).returncode != 0
            server.send_signal(signal.SIGCONT)
        finally:
            server.send_signal(signal.SIGTERM)
    assert server.returncode == 0
    assert run(*healthy, cwd=tmp_path).returncode != 0
