"""The configuration of a running server: what holds, what may change, and where it is kept.
Floor 5."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from trio_srs.config.schema import Config
from trio_srs.errors import RefusedError
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.steering import (
    ConfigChange,
    ConfigInvalidError,
    NeedsRestartError,
    NoConfigFileError,
    SaveFailedError,
)

if TYPE_CHECKING:
    from trio_srs.config.vhost_scope import VhostConfig

__all__ = ["ServerSteering"]

_log = logging.getLogger(__name__)

_Section = TypeVar("_Section", bound=attrs.AttrsInstance)


class ServerSteering:
    """See :class:`~trio_srs.hub.steering.Steering`.

    Attributes:
        config: what the server runs with now.
        load: reads it anew, from where it came; None where it came from a program.
        path: the file that was among it.
        taken_over: told of each configuration that was taken over: what is the process's own is not
            a server's to change.
    """

    def __init__(self, config: Config, take_over: Callable[[Config], None]) -> None:
        """
        Args:
            take_over: has all who go by the configuration go by another one.
        """
        self.config = config
        self.load: Callable[[], Config] | None = None
        self.path: Path | None = None
        self.taken_over: Callable[[Config], None] = lambda _config: None
        self._take_over = take_over
        self._unsaved: dict[str, Any] = {}
        self._beside: dict[str, VhostConfig] = {}

    @property
    def file(self) -> str | None:
        return None if self.path is None else str(self.path)

    @property
    def can_reload(self) -> bool:
        return self.load is not None

    @property
    def unsaved(self) -> Mapping[str, Any]:
        from trio_srs.config.patch import without_secrets

        return without_secrets(self._unsaved)

    def effective(self) -> Mapping[str, Any]:
        from trio_srs.config.patch import as_tables

        return as_tables(self.config)

    def shown(self, settings: StreamSettings) -> Mapping[str, Any]:
        from trio_srs.config.patch import settings_as_table

        return settings_as_table(settings)

    # ---------------------------------------------------------------- changing

    def apply(self, config: Config) -> Sequence[ConfigChange]:
        """Take over what of another configuration can change while running; every difference."""
        from trio_srs.config.reload import difference  # only here: few servers are reloaded

        changes = difference(self.config, config)
        config = _live_part(self.config, config)
        together = _with_vhosts(config, self._beside)
        self.config = config
        self._take_over(together)
        self.taken_over(self.config)
        return changes

    def patch(self, tables: Mapping[str, Any]) -> Sequence[ConfigChange]:
        from trio_srs.config.patch import patched
        from trio_srs.config.reload import difference
        from trio_srs.config.render import key_path

        config = patched(self.config, tables)
        if not isinstance(config, Config):
            raise ConfigInvalidError([(key_path(path), message) for path, message in config])
        if fixed := [each.path for each in difference(self.config, config) if not each.live]:
            raise NeedsRestartError(
                f"{', '.join(fixed)} can be changed in the file, and then by a restart alone"
            )
        changes = self.apply(config)
        _keep(tables, self._unsaved)
        return self._told(changes)

    def lay_vhost(self, name: str, table: Mapping[str, Any] | None) -> None:
        beside = {other: each for other, each in self._beside.items() if other != name}
        if table is not None:
            beside[name] = self._vhost(name, table)
        together = _with_vhosts(self.config, beside)
        self._beside = beside
        self._take_over(together)

    def _vhost(self, name: str, table: Mapping[str, Any]) -> VhostConfig:
        """What a table says of a virtual host. Raises ConfigInvalidError."""
        from trio_srs.config.render import key_path
        from trio_srs.config.structure import structure

        made = structure({"vhost": {name: table}})
        if not isinstance(made, Config):
            raise ConfigInvalidError([(key_path(path), message) for path, message in made])
        lacking: Mapping[str, Callable[[], bool]] = {
            "hooks": lambda: not self.config.hook_platforms.is_used,
            "hls": lambda: not self.config.serves_hls,
            "dash": lambda: not self.config.serves_dash,
            "capture": lambda: not self.config.names("capture", "vhost", "api", "api_https"),
        }
        for key, is_lacking in lacking.items():
            if key in table and is_lacking():
                why = f"this server was started without [{key}] in its configuration"
                raise ConfigInvalidError([(key_path(("vhost", name, key)), why)])
        return made.vhost[name]

    def reload(self) -> Sequence[ConfigChange]:
        from trio_srs.config.load import ConfigError

        if self.load is None:
            raise NoConfigFileError("this server was started by a program, with what that says")
        try:
            config = self.load()
        except ConfigError as error:
            problems = [(each.where, each.message) for each in error.problems]
            raise ConfigInvalidError(problems) from error
        changes = self.apply(config)
        self._unsaved = {}
        return self._told(changes)

    @staticmethod
    def _told(changes: Sequence[ConfigChange]) -> Sequence[ConfigChange]:
        for change in changes:
            how = "now" if change.live else "after a restart"
            old, new = change.old or "not set", change.new or "not set"
            _log.info("configuration: %s: %s -> %s, %s", change.path, old, new, how)
        if not changes:
            _log.info("configuration reloaded: nothing changed")
        return changes

    # ------------------------------------------------------------------ saving

    def save(self) -> str:
        if self.path is None:
            raise NoConfigFileError("this server was started without a file to save into")
        if self._unsaved:
            self._write(self.path)
            self._unsaved = {}
        return str(self.path)

    def _write(self, path: Path) -> None:
        """Change the file, as a whole, if what comes of it can be loaded again."""
        from trio_srs.wire.merge_patch import lay_patch

        try:
            import tomlkit
        except ImportError:
            raise SaveFailedError("tomlkit is not installed: pip install tomlkit") from None
        try:
            before = path.read_text("utf-8")
            document = tomlkit.parse(before)
            lay_patch(self._unsaved, document)
            _replace(path, tomlkit.dumps(document))
        except (OSError, ValueError) as error:
            raise SaveFailedError(f"{path} cannot be saved: {error}") from error
        try:
            if self.load is not None:
                self.load()
        except RefusedError as error:
            _replace(path, before)
            raise SaveFailedError(f"{path} could not be loaded again: {error}") from error


def _keep(patch: Mapping[str, Any], kept: dict[str, Any]) -> None:
    """One more patch upon those that were kept."""
    for key, value in patch.items():
        if isinstance(value, Mapping):
            below = kept.get(key)
            kept[key] = below if isinstance(below, dict) else {}
            _keep(value, kept[key])
        else:
            kept[key] = value


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; who may read it stays."""
    mode = path.stat().st_mode
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path.resolve())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _with_vhosts(config: Config, beside: Mapping[str, VhostConfig]) -> Config:
    """The same with some more virtual hosts. Raises ConfigInvalidError: it has one of them."""
    if not beside:
        return config
    if taken := beside.keys() & config.vhost.keys():
        name = min(taken)
        raise ConfigInvalidError([(f"vhost.{name}", f"{name!r} is a namespace")])
    try:
        return attrs.evolve(config, vhost={**config.vhost, **beside})
    except ValueError as error:
        raise ConfigInvalidError([("vhost", str(error))]) from error


def _live_part(old: Config, new: Config) -> Config:
    """``new``, but with the keys of ``old`` that only a restart can change."""
    from trio_srs.config.vhost_scope import VhostConfig  # only here: few servers are reloaded

    sections = {
        field.name: _live_keys(getattr(old, field.name), section)
        for field in attrs.fields(Config)
        if field.init and attrs.has(type(section := getattr(new, field.name)))
    }
    vhosts = {
        name: attrs.evolve(
            vhost, hooks=_live_keys(old.vhost.get(name, VhostConfig()).hooks, vhost.hooks)
        )
        for name, vhost in new.vhost.items()
    }
    return attrs.evolve(new, vhost=vhosts, **sections)


def _live_keys(old: _Section, new: _Section) -> _Section:
    fields = attrs.fields(type(new))
    source = {field.name: new if field.metadata.get("live", True) else old for field in fields}
    return type(new)(**{name: getattr(section, name) for name, section in source.items()})
