"""The processes of pytest-xdist, forked off one that has imported what most tests need.

Each of them would import, and in a new clone compile, hundreds of modules before its first test.
Here one process does so, a fork of what :mod:`tests.preloaded` forks programs off, and all of the
processes have their programs forked off that one.
"""

from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis.configuration import notice_initialization_restarted
from hypothesis.strategies import integers, text

import trio_srs
from tests import preloaded
from tests.preloaded_forker import serve

__all__ = ["register"]

_OTHERS: Final = ("trio.testing", "hypothesis.stateful", "httpx2", "trustme")
"""What is not imported by any module of ours."""
_NOT_BEFORE_PYTEST: Final = "trio_srs.testing.plugin"
"""It changes how pytest plugins are compiled."""


def register(config: pytest.Config) -> None:
    """Have pytest-xdist start its processes as such, if it starts any on this machine."""
    kinds = config.getoption("tx", None) or []
    if not preloaded.IS_POSSIBLE or set(kinds) != {"popen"}:
        return
    preloaded.lend()
    address = preloaded.address("workers")
    preloaded.listen(address, _start)
    command = shlex.join(preloaded.standing_for(address))
    config.option.tx = [f"popen//python={command}"] * len(kinds)


def _start(*numbers: int) -> Any:
    words = [sys.executable, "-m", __name__, *map(str, numbers)]
    return preloaded.popen(words, pass_fds=numbers, cwd=preloaded.ROOT)


def _import_all() -> None:
    """What cannot be imported, or not without a warning, is left to the tests that need it."""
    names = [module.name for module in walk_packages(trio_srs.__path__, "trio_srs.")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in (*names, *_OTHERS):
            if name != _NOT_BEFORE_PYTEST and not name.endswith("__main__"):
                with suppress(Exception):
                    import_module(name)


@settings(max_examples=100, database=None)
@given(integers())
def _draw(_number: int) -> None:
    """Hypothesis has to know the constants of all our modules."""


def _prepare_hypothesis() -> None:
    """Have hypothesis find them, and all characters.

    In a new clone that takes six seconds, half of them for the characters; it keeps what it has
    found in files. So a fork finds the constants meanwhile, and this process reads them.
    """
    if not (pid := os.fork()):
        try:
            _draw()
        finally:
            os._exit(0)
    text().validate()
    os.waitpid(pid, 0)
    _draw()


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # from a terminal: the tests end, and then this
    gc.disable()  # all that is imported stays; to look through it again and again takes as long
    _import_all()
    _prepare_hypothesis()
    notice_initialization_restarted(warn=False)  # as if nothing had been drawn before pytest began
    serve(*map(int, sys.argv[1:]))


if __name__ == "__main__":
    _main()
