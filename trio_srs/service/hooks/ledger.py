"""The ledger: what was granted to whom by calls, and by which calls it is taken back. Floor 3, and
pure.

Whatever becomes of a request that somebody may have granted, it is taken back exactly once: when
what came of it ends, when nothing comes of it, or with its session at the latest.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs

from trio_srs.hub.bus import (
    Event,
    PlayBegan,
    PlayEnded,
    PublishBegan,
    PublishEnded,
    RequestRefused,
    SessionEnded,
)
from trio_srs.service.hooks.calls import HookCall, close_call, undo_call
from trio_srs.service.hooks.config import Action

__all__ = ["Ledger", "LedgerEntry"]

_MOST_PUBLISHES: Final = 10_000
_ASKED_BY: Final = {"publish": Action.ON_PUBLISH, "play": Action.ON_PLAY}
_ABOUT: Final[Mapping[type[Event], Action]] = {
    PublishBegan: Action.ON_PUBLISH,
    PlayBegan: Action.ON_PLAY,
    PublishEnded: Action.ON_PUBLISH,
    PlayEnded: Action.ON_PLAY,
}


def _always(_call: HookCall) -> bool:
    return True


@attrs.define(eq=False)
class LedgerEntry:
    """A request of a session that has been, or is being, asked about."""

    call: HookCall
    is_asked: bool
    """Whether there is anybody to ask. Where there is nobody, what began is told of."""
    may_be_granted: bool = False
    """Whether somebody said yes, or may have said it without being heard."""
    has_begun: bool = False
    stream: str = ""
    """The stream in the hub that came of it; empty until it began."""

    @property
    def is_owed(self) -> bool:
        """Whether it is to be taken back, if it is over."""
        return self.may_be_granted if self.is_asked else self.has_begun


@attrs.define
class _Account:
    """What one session has."""

    connected: LedgerEntry | None = None
    requests: list[LedgerEntry] = attrs.field(factory=list)


def _nobody(_entry: LedgerEntry) -> None:
    """Who minds what begins where nobody does."""


class Ledger:
    """What all sessions have."""

    def __init__(
        self,
        began: Callable[[LedgerEntry], None] = _nobody,
        over: Callable[[LedgerEntry], None] = _nobody,
        is_told: Callable[[HookCall], bool] = _always,
    ) -> None:
        """
        Args:
            began: called with each publish and play that begins, asked about or not.
            over: called when it is over.
            is_told: whether anybody wants to hear that what a call granted is taken back. Where
                nobody does there is no call.
        """
        self._began, self._over, self._is_told = began, over, is_told
        self._accounts: dict[str, _Account] = {}
        self._publishes: OrderedDict[tuple[str, str], HookCall] = OrderedDict()
        """The newest publishes that began, over or not, by session and stream."""

    def __len__(self) -> int:
        """How many sessions have something."""
        return len(self._accounts)

    def has(self, session: str) -> bool:
        """Whether a session has something; what happens to others takes nothing back."""
        return session in self._accounts

    def is_connected(self, session: str) -> bool:
        """Whether a session's ``on_connect`` was granted, or is being asked about."""
        account = self._accounts.get(session)
        return account is not None and account.connected is not None

    def connect(self, call: HookCall, *, is_asked: bool) -> LedgerEntry:
        """A session is to be asked about."""
        entry = LedgerEntry(call, is_asked, has_begun=True)
        self._account(call).connected = entry
        return entry

    def request(self, call: HookCall, *, is_asked: bool) -> LedgerEntry:
        """A publish or play of a session is to be asked about."""
        entry = LedgerEntry(call, is_asked)
        self._account(call).requests.append(entry)
        return entry

    def _account(self, call: HookCall) -> _Account:
        return self._accounts.setdefault(call.session, _Account())

    def publish_of(self, session: str, stream: str) -> HookCall | None:
        """The ``on_publish`` of a publish that goes on, or was over not long ago."""
        return self._publishes.get((session, stream))

    def _remember(self, entry: LedgerEntry) -> None:
        self._publishes[entry.call.session, entry.stream] = entry.call
        if len(self._publishes) > _MOST_PUBLISHES:
            self._publishes.popitem(last=False)

    def disconnect(self, session: str) -> Iterator[HookCall]:
        """Nothing came of a session's ``on_connect``; it may be asked about again."""
        account = self._accounts[session]
        entry, account.connected = account.connected, None
        if entry is None or not (entry.is_asked and entry.may_be_granted):
            return
        if self._is_told(entry.call):
            yield close_call(entry.call, None)

    def hear(self, event: Event) -> Iterator[HookCall]:
        """What happened to a session; the calls by which something is taken back."""
        account = self._accounts.get(event.session)
        if account is None:
            return
        match event:
            case PublishBegan() | PlayBegan():
                for entry in _of(account, _ABOUT[type(event)], ""):
                    entry.has_begun, entry.stream = True, event.stream
                    if entry.call.action is Action.ON_PUBLISH:
                        self._remember(entry)
                    self._began(entry)
                    break
            case RequestRefused():
                asked = _ASKED_BY.get(event.request)
                if asked is not None:
                    yield from self._take_back(account, asked, "")
            case PublishEnded() | PlayEnded():
                yield from self._take_back(account, _ABOUT[type(event)], event.stream)
            case SessionEnded():
                del self._accounts[event.session]
                for entry in account.requests:
                    self._over(entry)
                    if entry.is_owed and self._is_told(entry.call):
                        yield undo_call(entry.call)
                connected = account.connected
                if connected is not None and connected.is_owed and self._is_told(connected.call):
                    yield close_call(connected.call, event)

    def _take_back(self, account: _Account, action: Action, stream: str) -> Iterator[HookCall]:
        """The oldest of a kind is over: of one stream, or one that has not begun."""
        for entry in _of(account, action, stream):
            account.requests.remove(entry)
            self._over(entry)
            if entry.is_owed and self._is_told(entry.call):
                yield undo_call(entry.call)
            return


def _of(account: _Account, action: Action, stream: str) -> Iterator[LedgerEntry]:
    for entry in account.requests:
        if entry.call.action is action and entry.stream == stream:
            yield entry
