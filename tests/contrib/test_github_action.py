"""The action starts a server, says where it is, and keeps what it has seen."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import preloaded
from tests.contrib.composite import Composite, Runner, StepFailedError
from tests.contrib.programs import CONTRIB

START = CONTRIB / "github-action" / "action.yml"
STOP = CONTRIB / "github-action" / "stop" / "action.yml"
PYTHON = """#!/bin/sh
# A python that makes a "venv" as it is told, with a pip that says what it is to install.
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$*" >{folder}/installed\\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
cp {folder}/trio-srs "$3/bin/trio-srs"
"""


@pytest.mark.parametrize("path", [START, STOP], ids=lambda path: path.parent.name)
def test_steps_of_others_are_of_a_version_and_inputs_are_all_used(path: Path) -> None:
    action = Composite(path, {}).action
    steps = action["runs"]["steps"]
    assert all(re.search(r"@v\d+$", step["uses"]) for step in steps if "uses" in step)
    text = path.read_text(encoding="utf-8")
    assert {name for name in action["inputs"] if f"inputs.{name}" not in text} == set()
    for step in steps:  # an id that an expression asks for is there
        assert set(step) & {"run", "uses"}
    asked = set(re.findall(r"steps\.(\w+)\.", text))
    assert asked <= {step.get("id") for step in steps}


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    preloaded.program(tmp_path, "trio-srs", "-m", "trio_srs")
    python = tmp_path / "python"
    python.write_text(PYTHON.format(folder=tmp_path))
    python.chmod(0o755)
    runner = Runner(tmp_path, os.environ["PATH"])
    yield runner
    with suppress(OSError, ValueError):
        os.kill(int((runner.temp / "trio-srs" / "pid").read_text()), signal.SIGKILL)


def start(runner: Runner, **inputs: str) -> Composite:
    action = Composite(START, inputs)
    action.run(runner, **{"steps__python__outputs__python-path": str(runner.folder / "python")})
    return action


@pytest.mark.contrib
@pytest.mark.timeout(200)
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_a_job_has_a_server_and_the_report_of_it(runner: Runner) -> None:
    settings = 'stream.publish_busy="replace"\n\n  log.level="debug"\n'
    urls = start(runner, settings=settings).outputs
    assert set(urls) == {"rtmp", "http", "api"}
    assert (runner.folder / "installed").read_text().startswith("install --quiet ")
    words = ["publish", "--quiet", "--pattern", "h264:160x120", "--seconds=1", "--speed=max"]
    for stream in ("live/cam1", "live/room/é 1"):
        command = ["trio-srs", *words, f"{urls['rtmp']}/{stream}"]
        subprocess.run(command, env={**os.environ, "PATH": runner.path}, check=True, timeout=30)

    stop = Composite(STOP, {})
    stop.run(runner)
    folder = runner.temp / "trio-srs" / "report"
    names = {path.name for path in folder.iterdir()}
    assert {"reports-live-cam1.json", "events.txt", "sessions.json", "server.log"} <= names
    assert len([name for name in names if name.startswith("reports-")]) == 2, stop.said
    assert '"stream":"live/cam1"' in (folder / "reports-live-cam1.json").read_text()
    assert '"event": "stopped"' in (folder / "server.log").read_text().splitlines()[-1]
    assert "event: publish_ended" in (folder / "events.txt").read_text()


@pytest.mark.contrib
@pytest.mark.timeout(200)
def test_a_server_that_does_not_start_says_why_in_the_job(runner: Runner) -> None:
    with pytest.raises(StepFailedError) as failed:
        start(runner, settings='stream.publish_bussy="replace"')
    assert re.search(
        r'::error title=trio-srs did not start::.*publish_bussy.*did you mean "publish_busy"',
        str(failed.value),
    )
    stop = Composite(STOP, {})
    stop.run(runner)  # and that step does not fail as well
    assert "publish_bussy" in (runner.temp / "trio-srs" / "report" / "server.log").read_text()


@pytest.mark.contrib
@pytest.mark.timeout(200)
def test_a_configuration_of_the_job_is_taken(runner: Runner) -> None:
    file = runner.folder / "mine.toml"
    file.write_text("[nonsense]\n")
    with pytest.raises(StepFailedError, match="nonsense"):
        start(runner, config=str(file))
