"""Peers, streams and servers for tests, ours and yours. Floor 7.

The names here are imported when first asked for: the plugin costs a test run that does not use
it next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trio_srs.testing.clients import PlayerProcess as PlayerProcess
    from trio_srs.testing.clients import PublisherProcess as PublisherProcess
    from trio_srs.testing.server import NotInTimeError as NotInTimeError
    from trio_srs.testing.server_process import ServerProcess as ServerProcess
    from trio_srs.testing.server_thread import ServerThread as ServerThread

__all__ = [
    "NotInTimeError",
    "PlayerProcess",
    "PublisherProcess",
    "ServerProcess",
    "ServerThread",
]

_WHERE: Final = {  # public name: the module that has it
    "NotInTimeError": "trio_srs.testing.server",
    "PlayerProcess": "trio_srs.testing.clients",
    "PublisherProcess": "trio_srs.testing.clients",
    "ServerProcess": "trio_srs.testing.server_process",
    "ServerThread": "trio_srs.testing.server_thread",
}


if not TYPE_CHECKING:  # a type checker that sees it takes every misspelt name for an object

    def __getattr__(name: str) -> object:
        """Import a public name the first time it is asked for, and keep it (PEP 562)."""
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(_WHERE[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
