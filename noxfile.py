"""Every check a developer or CI runs, by name: ``nox -l``, ``nox -s tests-3.11``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import nox

nox.needs_version = ">=2025.10.16"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.error_on_missing_interpreters = False

PYTHONS: Final = ["3.11", "3.12", "3.13", "3.14"]
PURE_PARTS: Final = ("errors", "units", "version", "wire", "session", "media")
"""What lies below the hub: plain Python, covered wholly by each module's own tests."""
MATRIX: Final = ("tests/app/cli", "tests/interop", "tests/media")
DOCUMENTED: Final = (
    "tests/test_docs.py",
    "tests/test_examples.py",
    "tests/test_tutorial.py",
    "tests/testing/test_pages.py",
)
SPELLED: Final = (
    "contrib",
    "engines",
    "trio_srs",
    "tests",
    "docs",
    "examples",
    "benchmarks",
    "README.md",
    "CONTRIBUTING.md",
)


def groups(*names: str) -> list[str]:
    return [word for name in names for word in ("--group", name)]


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, its formatting, spelling."""
    session.install(*groups("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell", *SPELLED)


@nox.session
def types(session: nox.Session) -> None:
    """mypy strict over everything; no public name of unknown type."""
    session.install(".", *groups("types"))  # pyright does not see editable installations
    session.run("mypy")
    session.run("python", "tests/public_types.py")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, against the wheel and not the tree."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def cover(session: nox.Session) -> None:
    """95 % of the whole; all of the pure floors, each module by its own tests."""
    session.install("-e", ".", *groups("cover"))
    session.run("coverage", "run", "--source=trio_srs", "-m", "pytest", *session.posargs)
    session.run("coverage", "report", "--skip-covered", "--fail-under=95")
    session.run("python", "tests/own_coverage.py", *PURE_PARTS)


@nox.session
def fuzz(session: nox.Session) -> None:
    """The laws with thousands of examples."""
    session.install("-e", ".", *groups("tests"))
    session.run(
        *("pytest", "-m", "property", "--hypothesis-profile=long", "--timeout=1800"),
        *session.posargs,
    )


@nox.session(python="3.11")
def fuzz_bytes(session: nox.Session) -> None:
    """Any bytes, led by coverage (atheris): a minute each; ``-- --seconds 1200 chunks avc``."""
    session.install("-e", ".", *groups("fuzz"))
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def interop(session: nox.Session) -> None:
    """Real clients over real ports, against the wheel."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-m", "interop", *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """Which clients on this host play what over HTTP: five minutes, and the page that says so.

    ``-- vlc gstreamer`` tries only these.
    """
    session.install(".", *groups("tests"))
    session.run("python", "-m", "tests.clients", *session.posargs)
    session.run("python", "docs/generate.py")


@nox.session
def faults(session: nox.Session) -> None:
    """What clients on this host do with each fault: five minutes, and the page that says so.

    ``-- rtmpsink`` tries only these.
    """
    session.install(".", *groups("tests"))
    session.run("python", "-m", "tests.fault_clients", *session.posargs)
    session.run("python", "docs/generate.py")


@nox.session
def browser(session: nox.Session) -> None:
    """The page at /players/ in Debian's Chromium, and with TRIO_SRS_SCREENSHOTS pictures of it."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-m", "browser", "tests/browser", *session.posargs)


@nox.session
def described(session: nox.Session) -> None:
    """The API does what its description (OpenAPI) says, and refuses the rest: schemathesis asks."""
    session.install(".", *groups("described"))
    session.run("pytest", "-m", "described", "tests/server", *session.posargs)


@nox.session
def packagers(session: nox.Session) -> None:
    """What ffmpeg and GStreamer package is judged by every rule."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-m", "packagers", "tests/packagers", *session.posargs)


@nox.session
def long(session: nox.Session) -> None:
    """Hours of a stream as they are served, under a clock that does not wait."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-m", "long", "tests/media", "tests/service", *session.posargs)


@nox.session
def matrix(session: nox.Session) -> None:
    """Every client, codec, container or fault with every other: a table that tests has some of."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-n", "3", "-m", "matrix", *MATRIX, *session.posargs)


@nox.session
def documented(session: nox.Session) -> None:
    """What pages and examples have one do, done: consoles, tests, the tutorial, CI jobs."""
    session.install("-e", ".", *groups("tests"))
    session.run("pytest", "-n", "3", "-m", "documented", *DOCUMENTED, *session.posargs)


@nox.session
def contrib(session: nox.Session) -> None:
    """What is for other languages and CI systems, as far as they are on this host."""
    session.install(".", *groups("tests"))
    if shutil.which("npm"):  # the compiler that reads the types of the package for Node
        session.run("npm", "ci", "--prefix", "contrib/node", "--silent", external=True)
    session.run("pytest", "-n", "2", "-m", "contrib", "tests/contrib", *session.posargs)


@nox.session
def decoded(session: nox.Session) -> None:
    """Damage planted before ffmpeg codes again is found at its frame; sound streams have none."""
    session.install(".", *groups("tests"))
    session.run("pytest", "-m", "decoded", "tests/decoded", "tests/decoding", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """What is in the sdist and in wheels made of it, with npm and without; that it runs there."""
    session.install("-e", ".", *groups("tests"))
    session.run("python", "tests/built.py")
    session.run("pytest", "-m", "installed", "tests/testing")


@nox.session
def bench(session: nox.Session) -> None:
    """Micro benchmarks, then servers side by side: half an hour, and the README's table.

    ``-- --quick`` takes 3 minutes, ``-- --only play`` some of it, ``-- micro -k chunk`` no server.
    """
    session.install("-e", ".", *groups("bench"))
    only_micro = session.posargs[:1] == ["micro"]
    if only_micro or not session.posargs:
        columns = "--benchmark-columns=min,median"
        plugin = ("-p", "pytest_benchmark.plugin")
        session.run("pytest", *plugin, "benchmarks/micro", columns, *session.posargs[1:])
    if not only_micro:
        session.run("python", "-m", "benchmarks.macro", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Half an hour of clients that come, go, stall and are kicked; ``-- --minutes 2``."""
    session.install("-e", ".", *groups("tests"))
    session.run("python", "-m", "benchmarks.soak", *session.posargs)


@nox.session
def profile(session: nox.Session) -> None:
    """A flame graph of the server in one scenario: ``nox -s profile -- "play 1000"``."""
    session.install("-e", ".", *groups("bench"))
    session.run("python", "-m", "benchmarks.macro.profile", *(session.posargs or ["play 1000"]))


@nox.session
def docs(session: nox.Session) -> None:
    """Generated pages are up to date; the rest builds without a warning; the news renders."""
    session.install("-e", ".", *groups("docs", "tests"))
    session.run("python", "docs/generate.py", "--check")
    session.run("sphinx-build", "-nW", "--keep-going", "docs", "build/docs")
    session.run("towncrier", "build", "--draft", silent=True)


@nox.session
def config(session: nox.Session) -> None:
    """config.toml says exactly what the classes say."""
    session.install("-e", ".")
    session.run("python", "-m", "trio_srs.config.reference", "--check", "config.toml")


@nox.session
def compat(session: nox.Session) -> None:
    """A user who still has trio-typing's stubs installed can type-check against our API."""
    session.install(".", *groups("compat"))
    # From its own folder, so that the installed package is found and not the tree.
    session.chdir(Path("tests", "compat"))
    session.run("mypy", "--config-file=", f"--cache-dir={os.devnull}", "--strict", "public_api.py")
    session.run("pyright", "public_api.py")
