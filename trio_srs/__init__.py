"""The face of trio-srs: its public names, each imported when first asked for.

Floor 8. ``import trio_srs`` alone costs next to nothing, and a library user who wants only
``trio_srs.wire`` never pays for the server. Modules of the project import each other, not
this one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from trio_srs.config.load import ConfigError as ConfigError
    from trio_srs.config.load import load as load_config
    from trio_srs.config.schema import Config as Config
    from trio_srs.server.run import Server as Server
    from trio_srs.server.run import serve as serve
    from trio_srs.server.run import serve_forever as serve_forever

__all__ = ["Config", "ConfigError", "Server", "load_config", "serve", "serve_forever"]

_WHERE: Final = {  # public name: (module, the name it has there)
    "Config": ("trio_srs.config.schema", "Config"),
    "ConfigError": ("trio_srs.config.load", "ConfigError"),
    "Server": ("trio_srs.server.run", "Server"),
    "load_config": ("trio_srs.config.load", "load"),
    "serve": ("trio_srs.server.run", "serve"),
    "serve_forever": ("trio_srs.server.run", "serve_forever"),
}


if not TYPE_CHECKING:  # a type checker that sees it takes every misspelt name for an object

    def __getattr__(name: str) -> object:
        """Import a public name the first time it is asked for, and keep it (PEP 562)."""
        try:
            module, attribute = _WHERE[name]
        except KeyError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        value: object = getattr(import_module(module), attribute)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
