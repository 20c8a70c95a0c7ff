"""Keeps the namespaces of a server: makes them, knows who is in them, and ends them. Floor 3.

A namespace is a virtual host: names, settings, hooks and rules of access are those of its virtual
host, and only what a virtual host has not is here.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import trio

from trio_srs.errors import EndReason
from trio_srs.faults.fault import FaultError
from trio_srs.faults.fault_kind import FaultMoment
from trio_srs.hub.bus import Event, SessionConnected, SessionEnded
from trio_srs.hub.end import until_ended
from trio_srs.hub.gate import AccessRequest
from trio_srs.hub.made_files import MadeFile
from trio_srs.hub.namespace import (
    Namespace,
    NamespaceEnd,
    NamespaceFullError,
    NamespaceLeft,
    NamespaceNameError,
    TooManyNamespacesError,
    UnknownNamespaceError,
)
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.steering import ConfigInvalidError, Steering
from trio_srs.hub.supervisor import RESTART, TaskKind
from trio_srs.service.base import Parts
from trio_srs.service.namespaces.leftovers import find_left
from trio_srs.wire.merge_patch import lay_patch

if TYPE_CHECKING:
    from trio_srs.hub.capture_note import CaptureNote
    from trio_srs.hub.namespace import Namespaces

__all__ = ["DEFAULT_TTL_S", "MOST", "NamedSpaces", "NamespaceKeeper"]

_log = logging.getLogger(__name__)

MOST: Final = 1000
"""Namespaces at once; and names of those that are over which are still refused."""
DEFAULT_TTL_S: Final = 600.0
_FILE_KEYS: Final = frozenset({"folder", "playlist_file", "segment_file"})
_NO_FILES: Final = "what a namespace writes is where the server's configuration says"
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a label of a host's name
_DRAWN_BYTES: Final = 6
_TOKEN_BYTES: Final = 24
_FINISH_S: Final = 2.0
"""How long what runs beside a publish may take to come to its end."""
_PATIENCE_S: Final = 2.0
"""How long what was ended may take to be gone."""
_LOOK_EVERY_S: Final = 0.01
_FILES_MOST: Final = 1000
_PEERS_MOST: Final = 10_000
_OWN_SOCKET: Final = ("rtmp", "rtmps")
"""Protocols whose sessions end with their connection."""
_TOO_EARLY: Final = frozenset({FaultMoment.ACCEPT, FaultMoment.HANDSHAKE, FaultMoment.TLS})
"""Moments at which nobody knows yet where a peer wants to go."""


class NamedSpaces(Protocol):
    """Where names are looked up."""

    namespaces: Mapping[str, bool]
    """By name, whether it is served; those that are over among them."""


class _Traces:
    """What a namespace has left where it can be looked for."""

    def __init__(self) -> None:
        self.peers: OrderedDict[str, None] = OrderedDict()
        self.files: deque[str] = deque(maxlen=_FILES_MOST)
        self.captures: deque[CaptureNote] = deque(maxlen=_FILES_MOST)

    def add_peer(self, peer: str) -> None:
        self.peers[peer] = None
        if len(self.peers) > _PEERS_MOST:
            self.peers.popitem(last=False)


class NamespaceKeeper:
    """See :class:`~trio_srs.hub.namespace.Namespaces`; also a gate, for how many may come in."""

    def __init__(self, parts: Parts, steering: Steering, rules: NamedSpaces) -> None:
        self._parts, self._steering, self._rules = parts, steering, rules
        self._spaces: dict[str, Namespace] = {}
        self._ending: dict[str, Namespace] = {}
        self._traces: dict[str, _Traces] = {}
        self._news = trio.Event()
        parts.bus.add(self._hear)
        parts.made_files.add(self._note_file)
        parts.access.add(self, when=lambda: bool(self._spaces))
        parts.hub.quotas.realm_of = self._realm_of

    def __iter__(self) -> Iterator[Namespace]:
        return iter(list(self._spaces.values()))

    def find(self, name: str) -> Namespace:
        try:
            return self._spaces[name]
        except KeyError:
            raise UnknownNamespaceError(f"there is no namespace {name[:64]!r}") from None

    def token_of(self, name: str) -> str:
        space = self._spaces.get(name)
        return "" if space is None else space.token

    def touch(self, name: str) -> None:
        if (space := self._spaces.get(name)) is not None:
            space.active_at = trio.current_time()

    # ------------------------------------------------------------------ making

    def make(
        self,
        name: str = "",
        *,
        settings: Mapping[str, Any] | None = None,
        ttl_s: float | None = None,
        max_sessions: int | None = None,
        faults: Sequence[str] = (),
    ) -> Namespace:
        if len(self._spaces) >= MOST:
            raise TooManyNamespacesError(f"there are {MOST} namespaces: end some of them")
        name = name or f"ns-{secrets.token_hex(_DRAWN_BYTES)}"
        self._check_name(name)
        settings = dict(settings or {})
        now = trio.current_time()
        space = Namespace(
            name=name,
            settings=settings,
            ttl_s=DEFAULT_TTL_S if ttl_s is None else ttl_s,
            max_sessions=max_sessions,
            token=secrets.token_urlsafe(_TOKEN_BYTES),
            began_at=now,
            active_at=now,
            first_event=self._parts.journal.last,
        )
        self._steering.lay_vhost(name, _table(name, settings))
        try:
            self._add_faults(name, faults)
        except FaultError:
            self._remove_faults(name)
            self._steering.lay_vhost(name, None)
            raise
        is_first = not self._spaces
        self._spaces[name], self._traces[name] = space, _Traces()
        self._know(name, is_open=True)
        if is_first:
            self._parts.supervisor.start(
                "idle namespaces", self._end_idle, kind=TaskKind.TIMER, restart=RESTART
            )
        self._news.set()
        _log.info("namespace %s began", name)
        return space

    def _check_name(self, name: str) -> None:
        rules = self._parts.rules
        if not _NAME.fullmatch(name):
            raise NamespaceNameError(
                f"expected at most 63 of a-z, 0-9 and -, with none of - first or last, not "
                f"{name[:64]!r}"
            )
        if name in self._spaces or name in self._ending:
            raise NamespaceNameError(f"there is a namespace {name!r}")
        if name not in self._rules.namespaces and rules.vhost_of(name) == name:
            raise NamespaceNameError(f"the configuration has a virtual host {name!r}")
        if any(each.startswith(f"{name}/") for each in self._parts.hub.names()):
            raise NamespaceNameError(f"there are streams of an application {name!r}")

    def _know(self, name: str, *, is_open: bool) -> None:
        """Say where names are looked up; of those that are over the newest are still known."""
        known = {each: flag for each, flag in self._rules.namespaces.items() if each != name}
        over = [each for each, is_served in known.items() if not is_served]
        for each in over[: max(0, len(over) - MOST)]:
            del known[each]
        self._rules.namespaces = {**known, name: is_open}

    def _add_faults(self, name: str, faults: Sequence[str]) -> None:
        from trio_srs.faults.fault_text import parse_fault

        for text in faults:
            fault = parse_fault(text, {"vhost": name})
            if fault.moment in _TOO_EARLY:
                raise FaultError(
                    f"{text!r}: at {fault.moment} nobody knows in which namespace a peer will be"
                )
            self._parts.faults.needed().add(fault)

    def _remove_faults(self, name: str) -> None:
        if (work := self._parts.faults.work) is not None:
            for planned in work.plan:
                if planned.fault.vhost == name:
                    work.remove(planned.name)

    def change(
        self,
        name: str,
        *,
        settings: Mapping[str, Any] | None = None,
        ttl_s: float | None = None,
        max_sessions: int | None = None,
    ) -> Namespace:
        space = self.find(name)
        if settings is not None:
            together = deepcopy(dict(space.settings))
            lay_patch(settings, together)
            self._steering.lay_vhost(name, _table(name, together))
            space.settings = together
        if ttl_s is not None:
            space.ttl_s = ttl_s
        if max_sessions is not None:
            space.max_sessions = max_sessions
        space.active_at = trio.current_time()
        self._news.set()
        return space

    # ------------------------------------------------------------- who is there

    def _hear(self, event: Event) -> None:
        if not (self._spaces or self._ending):
            return
        if isinstance(event, SessionEnded):
            for space in (*self._spaces.values(), *self._ending.values()):
                if event.session in space.sessions:
                    del space.sessions[event.session]
                    space.sessions_ended += 1
                    space.active_at = trio.current_time()
            return
        said = event.vhost if isinstance(event, SessionConnected) else getattr(event, "stream", "")
        into = self._of(said.partition("/")[0])
        if into is not None and (entry := self._parts.registry.find(event.session)) is not None:
            self._enter(into, entry, is_let_in=False)

    def _of(self, name: str) -> Namespace | None:
        return self._spaces.get(name) or self._ending.get(name)

    def _enter(self, space: Namespace, entry: SessionEntry, *, is_let_in: bool) -> None:
        if entry.id not in space.sessions:
            traces = self._traces[space.name]
            if entry.protocol in _OWN_SOCKET:
                traces.add_peer(entry.peer)
            if entry.capture is not None:
                traces.captures.append(entry.capture)
        space.sessions[entry.id] = is_let_in or space.sessions.get(entry.id, False)
        space.active_at = trio.current_time()

    def _realm_of(self, stream: str) -> str:
        first = stream.partition("/")[0]
        return first if first in self._spaces else ""

    def _note_file(self, made: MadeFile) -> None:
        traces = self._traces.get(made.stream.partition("/")[0])
        if traces is not None and made.path:
            traces.files.append(made.path)

    async def connect(self, request: AccessRequest) -> None:
        self._admit(request)

    async def publish(self, request: AccessRequest) -> None:
        self._admit(request)

    async def play(self, request: AccessRequest) -> None:
        self._admit(request)

    def _admit(self, request: AccessRequest) -> None:
        space = self._spaces.get(request.vhost)
        if space is None or space.sessions.get(request.session):
            return
        if space.max_sessions is not None and sum(space.sessions.values()) >= space.max_sessions:
            raise NamespaceFullError(f"{space.name} has its {space.max_sessions} sessions")
        if (entry := self._parts.registry.find(request.session)) is not None:
            self._enter(space, entry, is_let_in=True)

    # ------------------------------------------------------------------- ending

    async def _end_idle(self) -> None:
        """End those in which nothing happens, as long as there are any."""
        while self._spaces:
            self._news = trio.Event()
            now = trio.current_time()
            for space in self:
                if not space.sessions and now >= space.ends_at:
                    await self.end(space.name, f"nobody was in it for {space.ttl_s:g} s")
            soonest = min(
                (now + each.ttl_s if each.sessions else each.ends_at for each in self), default=now
            )
            with trio.move_on_at(soonest):
                await self._news.wait()

    async def end(self, name: str, detail: str = "") -> NamespaceEnd:
        space = self.find(name)
        self._ending[name] = self._spaces.pop(name)
        self._know(name, is_open=False)  # nobody comes in any more
        self._news.set()
        ended = tuple(space.sessions)
        words = ": ".join(filter(None, (f"the namespace {name} ends", detail)))
        left = NamespaceLeft()
        try:
            await self._end_sessions(space, words)
            await self._parts.hub.finish_tasks(_FINISH_S, front=space.front)
            left = await self._until_given_back(space)
        finally:
            self._clear(space)
        files = await self._files_of(self._traces.pop(name))
        if files:
            files = await trio.to_thread.run_sync(_existing, files)
        _log.info("%s; left of it: %s", words, left)
        return NamespaceEnd(name=name, sessions=ended, left=left, files=files)

    async def _files_of(self, traces: _Traces) -> tuple[str, ...]:
        """What was made, when captures of its sessions are whole."""
        with trio.move_on_after(_FINISH_S):
            for note in traces.captures:
                await note.until_over()
        captures = (note.path for note in traces.captures if note.path)
        return (*traces.files, *captures)

    async def _end_sessions(self, space: Namespace, words: str) -> None:
        async with trio.open_nursery() as nursery:
            for session in tuple(space.sessions):
                if (entry := self._parts.registry.find(session)) is not None:
                    entry.end(EndReason.KICKED, words)
                    nursery.start_soon(until_ended, self._parts.bus, entry)

    async def _until_given_back(self, space: Namespace) -> NamespaceLeft:
        hub, deadline = self._parts.hub, trio.current_time() + _PATIENCE_S
        while True:
            for stream in hub.names():
                if stream.startswith(space.front):
                    hub.streams.drop_lingering(stream)
            open_now = {entry.peer for entry in self._parts.registry}
            peers = self._traces[space.name].peers.keys() - open_now
            left = find_left(space, hub, peers)
            if left.is_nothing or trio.current_time() >= deadline:
                return left
            await trio.sleep(_LOOK_EVERY_S)

    def _clear(self, space: Namespace) -> None:
        """Nothing is known of it any more but that it is over."""
        reports = self._parts.reports
        for stream in self._parts.hub:
            if stream.name.startswith(space.front):
                stream.tasks.cancel()
        self._remove_faults(space.name)
        self._steering.lay_vhost(space.name, None)
        reports.forget(name for name in reports.names() if name.startswith(space.front))
        del self._ending[space.name]


def _existing(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if Path(path).exists())


def _says_files(settings: Mapping[str, Any], above: str) -> Iterator[str]:
    """Where a table, or one in it, says which files are written."""
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _says_files(value, f"{above}.{key}")
        elif key in _FILE_KEYS:
            yield f"{above}.{key}"


def _table(name: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """A table ``[vhost.NAME]``. Raises ConfigInvalidError."""
    for key in ("enabled", "aliases"):
        if key in settings:
            raise ConfigInvalidError([(f"vhost.{name}.{key}", "a namespace has none of this")])
    if said := [(where, _NO_FILES) for where in _says_files(settings, f"vhost.{name}")]:
        raise ConfigInvalidError(said)
    return {**settings, "aliases": [f"{name}.localhost"]}


if TYPE_CHECKING:

    def _is_keeping(keeper: NamespaceKeeper) -> Namespaces:
        return keeper
