"""Which sections there are, and where the class of each is. Floor 4.

A class is imported when its section is named, or asked for: a server starts without those that
nobody names.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import GenericAlias
from typing import Any, Final

import attrs

__all__ = ["NARROWED", "SCOPES", "SECTIONS", "Section"]


@attrs.frozen(eq=False)
class Section:
    """One table of the file, or all tables that narrow the settings of streams in one way."""

    module: str
    class_name: str
    is_scope: bool = False
    """Whether there are any number, by name, each with settings of streams."""

    @property
    def kind(self) -> Any:
        """The class; imported now, if it has not been."""
        return getattr(import_module(self.module), self.class_name)

    @property
    def type(self) -> Any:
        """What a configuration has of it: one of the class, or a mapping of names to them."""
        return GenericAlias(Mapping, (str, self.kind)) if self.is_scope else self.kind


SECTIONS: Final[Mapping[str, Section]] = {
    "rtmp": Section("trio_srs.service.rtmp.config", "RtmpConfig"),
    "rtmps": Section("trio_srs.service.rtmp.config", "RtmpsConfig"),
    "http": Section("trio_srs.service.http.config", "HttpConfig"),
    "https": Section("trio_srs.service.http.config", "HttpsConfig"),
    "hls": Section("trio_srs.service.hls.config", "HlsConfig"),
    "dash": Section("trio_srs.service.dash.config", "DashConfig"),
    "api": Section("trio_srs.service.api.config", "ApiConfig"),
    "api_https": Section("trio_srs.service.api.config", "ApiHttpsConfig"),
    "access": Section("trio_srs.hub.gate", "AccessConfig"),
    "hooks": Section("trio_srs.service.hooks.config", "HooksConfig"),
    "programs": Section("trio_srs.service.programs.config", "ProgramsConfig"),
    "capture": Section("trio_srs.service.capture.config", "CaptureConfig"),
    "faults": Section("trio_srs.service.faults.config", "FaultsConfig"),
    "log": Section("trio_srs.config.process", "LogConfig"),
    "process": Section("trio_srs.config.process", "ProcessConfig"),
    "history": Section("trio_srs.hub.history", "HistoryConfig"),
    "stream": Section("trio_srs.hub.settings", "StreamSettings"),
    "app": Section("trio_srs.config.app_scope", "AppConfig", is_scope=True),
    "vhost": Section("trio_srs.config.vhost_scope", "VhostConfig", is_scope=True),
}
"""By name, in the order of the file."""

NARROWED: Final = ("hls", "dash")
"""Those of which most keys may be given for some streams as well, in a table of the scope."""

SCOPES: Final = tuple(name for name, section in SECTIONS.items() if section.is_scope)
"""Those that narrow settings of streams."""
