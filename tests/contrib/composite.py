"""Runs the steps of a composite action of GitHub as its runner does, but for those of others."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import attrs
import yaml

__all__ = ["Composite", "Runner", "StepFailedError"]

_EXPRESSION: Final = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


class StepFailedError(Exception):
    """A step ended with something else than 0. The text is all that it said."""


@attrs.define
class Runner:
    """What the steps of a job share."""

    folder: Path
    path: str
    """Where programs are looked for."""

    def __attrs_post_init__(self) -> None:
        (self.folder / "temp").mkdir()

    @property
    def temp(self) -> Path:
        """``RUNNER_TEMP``."""
        return self.folder / "temp"


@attrs.define
class Composite:
    """An action that is made of steps."""

    path: Path
    """Its file."""
    inputs: dict[str, str]
    outputs: dict[str, str] = attrs.field(factory=dict, init=False)
    """Those of the action, when it has run."""
    said: str = attrs.field(default="", init=False)

    @property
    def action(self) -> dict[str, Any]:
        """What the file says."""
        read: dict[str, Any] = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        return read

    def run(self, runner: Runner, **known: str) -> None:
        """Run every step that is a script.

        Args:
            known: what else expressions may ask for, such as outputs of steps of others; dots are
                ``__``.

        Raises:
            StepFailedError: one failed; those behind it were not run.
        """
        action = self.action
        defaults = {name: each["default"] for name, each in action["inputs"].items()}
        values = {f"inputs.{name}": value for name, value in {**defaults, **self.inputs}.items()}
        values |= {name.replace("__", "."): value for name, value in known.items()}
        values["github.action_path"] = str(self.path.parent)
        for step in action["runs"]["steps"]:
            if "run" in step:
                said = self._run(step, values, runner)
                values |= {f"steps.{step.get('id')}.outputs.{k}": v for k, v in said.items()}
        for name, output in action.get("outputs", {}).items():
            self.outputs[name] = _filled(output["value"], values)

    def _run(self, step: dict[str, Any], values: dict[str, str], runner: Runner) -> dict[str, str]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # what an expression is worth would be read as a script
        files = {name: runner.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        environ = {
            **os.environ, "PATH": runner.path, "RUNNER_TEMP": str(runner.temp),
            **{name: str(file) for name, file in files.items()},
            **{name: _filled(value, values) for name, value in step.get("env", {}).items()},
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=environ, cwd=runner.folder, timeout=150, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said += done.stdout
        if done.returncode:
            raise StepFailedError(f"{step['name']}: {done.returncode}\n{done.stdout}")
        more = files["GITHUB_PATH"].read_text().split()
        runner.path = ":".join([*more, runner.path])
        lines = files["GITHUB_OUTPUT"].read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


def _filled(text: str, values: dict[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: values[found[1]], text)
