"""Steering: how the configuration of a running server is looked at and changed. Floor 2.

What is here is known to whoever offers it to people; who does it knows all sections, and is higher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import attrs

from trio_srs.errors import RefusedError
from trio_srs.hub.settings import StreamSettings

__all__ = [
    "ConfigChange",
    "ConfigInvalidError",
    "NeedsRestartError",
    "NoConfigFileError",
    "SaveFailedError",
    "Steering",
]


class ConfigInvalidError(RefusedError):
    """A configuration for a running server cannot be used, so that it goes on with its own."""

    code = "config_invalid"
    srs_code = 1023
    http_status: ClassVar[int] = 400

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        """
        Args:
            problems: of each the key, as ``stream.gop_cache``, and what is wrong with it.
        """
        super().__init__("; ".join(f"{where}: {message}" for where, message in problems))
        self.problems = tuple(problems)


class NeedsRestartError(RefusedError):
    """Keys that hold from the start of a server to its end cannot be changed in between."""

    code = "needs_restart"
    http_status: ClassVar[int] = 409


class NoConfigFileError(RefusedError):
    """The server was started without a file, or by a program: there is none to read or write."""

    code = "no_config_file"
    srs_code = 1061
    http_status: ClassVar[int] = 409


class SaveFailedError(RefusedError):
    """The file of the configuration could not be written; it is as it was."""

    code = "save_failed"
    http_status: ClassVar[int] = 409


@attrs.frozen
class ConfigChange:
    """One key of the configuration whose value differs from the one before."""

    path: str
    """The key, as `stream.gop_cache`, or `app.live.gop_cache`."""
    old: str | None
    """The value before, as TOML; null where it was not given. Secrets are not shown."""
    new: str | None
    """The value now, likewise."""
    live: bool
    """Whether it holds from now on; otherwise after a restart."""

    def __str__(self) -> str:
        note = "" if self.live else " (after a restart)"
        return f"{self.path}: {self.old or 'not set'} -> {self.new or 'not set'}{note}"


class Steering(Protocol):
    """The configuration of one server, in the hands of who may change it."""

    @property
    def file(self) -> str | None:
        """The path of the file that the server was started with."""
        ...

    @property
    def can_reload(self) -> bool:
        """Whether the configuration came from where it can be read anew."""
        ...

    @property
    def unsaved(self) -> Mapping[str, Any]:
        """What was patched and stands in no file; what is secret is ``***``."""
        ...

    def effective(self) -> Mapping[str, Any]:
        """All that holds now, by section, with defaults; what is secret is ``***``."""
        ...

    def shown(self, settings: StreamSettings) -> Mapping[str, Any]:
        """Settings of one stream, in the same words."""
        ...

    def patch(self, tables: Mapping[str, Any]) -> Sequence[ConfigChange]:
        """Change some keys while the server runs; None is the default, or what is said elsewhere.

        Raises:
            ConfigInvalidError: a key is none, or its value cannot be; nothing was changed.
            NeedsRestartError: likewise, as one of them takes a restart.
        """
        ...

    def lay_vhost(self, name: str, table: Mapping[str, Any] | None) -> None:
        """Have a virtual host beside those of the configuration, also after a reload, or have it no
        more: it is in no file, and none is saved with it.

        Args:
            table: what holds there, as ``[vhost.NAME]`` says it; None to have it no more.

        Raises:
            ConfigInvalidError: a key is none, or its value cannot be, or the configuration has
                such a host itself; nothing was changed.
        """
        ...

    def reload(self) -> Sequence[ConfigChange]:
        """Read the configuration anew, from where it came. What was patched is given up.

        Raises:
            NoConfigFileError: it came from nowhere.
            ConfigInvalidError: it cannot be used; nothing was changed.
        """
        ...

    def save(self) -> str:
        """Write what was patched into the file, whose comments stay; its path.

        Raises:
            NoConfigFileError, SaveFailedError: it cannot be done.
        """
        ...
