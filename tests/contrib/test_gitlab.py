"""The template for GitLab is YAML, and its lines do what they say against a server."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

from tests.contrib.programs import CONTRIB, run
from trio_srs.testing import PublisherProcess, ServerProcess

IMAGE = tomli.loads((CONTRIB / "docker" / "config.toml").read_text(encoding="utf-8"))
FILE = CONTRIB / "gitlab" / "trio-srs.gitlab-ci.yml"
JOBS: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_it_has_templates_alone_and_its_example_extends_them() -> None:
    assert all(name.startswith(".") for name in JOBS)
    comment = re.findall(r"(?m)^#     (.*)$", FILE.read_text(encoding="utf-8"))
    example = yaml.safe_load("\n".join(comment))
    extended = {each["extends"] for each in example.values() if isinstance(each, dict)}
    assert extended == set(JOBS)
    assert CONTRIB.parent / example["include"].removeprefix("/trio-srs/") == FILE


def test_it_asks_at_the_ports_of_the_image() -> None:
    variables, [service] = JOBS[".trio-srs"]["variables"], JOBS[".trio-srs"]["services"]
    for section, scheme in (("rtmp", "rtmp"), ("http", "http"), ("api", "http")):
        [address] = IMAGE[section]["listen"]
        there = f"{scheme}://{service['alias']}{address}"
        assert variables[f"{section.upper()}_URL"] == there


def test_it_builds_the_image_of_this_repository() -> None:
    script = "\n".join(JOBS[".trio-srs-image"]["script"])
    [dockerfile] = re.findall(r"--file \"\$SOURCE/([^\"]+)\"", script)
    assert (CONTRIB.parent / dockerfile).exists()


@pytest.mark.contrib
@pytest.mark.timeout(200)
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_a_job_waits_for_the_server_and_keeps_what_it_has_seen(tmp_path: Path) -> None:
    job = JOBS[".trio-srs"]
    with ServerProcess(api={"listen": ["127.0.0.1:0"]}) as server:
        environ = {"API_URL": server.addresses["api"][0]}
        PublisherProcess(server.url("live/cam1"), seconds=0.2, speed=100).wait()
        server.wait_for_end("live/cam1")
        for line in (*job["before_script"], *job["after_script"]):
            done = run("sh", "-ec", line, cwd=tmp_path, environ=environ)
            assert done.returncode == 0, done.stdout
    [kept] = job["artifacts"]["paths"]
    [report] = json.loads((tmp_path / kept / "reports-live-cam1.json").read_text())["reports"]
    assert report["stream"] == "live/cam1"
    assert json.loads((tmp_path / kept / "sessions.json").read_text())["total"] == 1
    assert "event: publish_ended" in (tmp_path / kept / "events.txt").read_text()


@pytest.mark.contrib
@pytest.mark.timeout(200)
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_a_job_without_its_server_fails_before_its_script(tmp_path: Path) -> None:
    [line] = JOBS[".trio-srs"]["before_script"]
    line = re.sub(r"--retry \d+", "--retry 0", line)
    done = run("sh", "-ec", line, cwd=tmp_path, environ={"API_URL": "http://127.0.0.1:9"})
    assert done.returncode != 0
    assert "127.0.0.1 port 9" in done.stdout
