"""A stream on a stage: somebody publishes, others read, and the broadcaster goes when told to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Self

import attrs
import trio

from tests.hub.outlets import MemoryOutlet, serve
from trio_srs.errors import EndReason
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.feed import Feed
from trio_srs.hub.form_group import SpanDelivery
from trio_srs.hub.forms import Form, RtmpForm
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.log import StreamLog
from trio_srs.hub.policy import Drop, Skip
from trio_srs.hub.reader import Reader
from trio_srs.hub.record import Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = [
    "FORM",
    "ByHand",
    "Heard",
    "Player",
    "RememberingLog",
    "Stage",
    "heard",
    "later",
    "notice",
]

FORM: Final = RtmpForm.of(4096, 1, True, True)

Heard = tuple[int, bytes]
"""A message as tests compare it: its timestamp and its body."""


class ByHand(Broadcaster):
    """Begins and goes on when the test says so."""

    def news(self, feed: Feed) -> None:
        feed.dirty = True

    def push(self, feed: Feed) -> None:
        """It is not its turn."""


def later(seconds: float) -> None:
    """Let time pass on the mock clock, with nothing else happening."""
    clock: Any = trio.lowlevel.current_clock()
    clock.jump(seconds)


class RememberingLog(StreamLog):
    """A log that a test can ask about what is long gone."""

    def __init__(self, log: StreamLog) -> None:
        super().__init__(log.bounds)
        self.history: list[Record] = []

    @classmethod
    def of(cls, feed: Feed) -> Self:
        """Put one in the place of a feed's log, to which nothing was appended yet."""
        feed.log = feed.retention.log = feed.placement.log = log = cls(feed.log)
        return log

    def append(self, record: Record) -> bool:
        self.history.append(record)
        return super().append(record)


@attrs.define(eq=False)
class Player:
    """A reader and its connection."""

    reader: Reader
    outlet: MemoryOutlet

    def serve(self, limit: int = 256 * 1024) -> None:
        """Let its own task send until it has nothing to send or is not let."""
        while serve(self.outlet, [self.reader], limit=limit) and not self.outlet.busy:
            pass

    def heard(self) -> list[Heard]:
        """What arrived since the last time; a notice is ``(0, code)``."""
        return [_heard(message) for message in self.outlet.read()]


def _heard(message: Message) -> Heard:
    if message.type_id == MessageType.COMMAND_AMF0:
        return 0, notice(message).encode()
    return message.timestamp_ms, message.payload


def notice(message: Message) -> str:
    """The code of an ``onStatus``, without its ``NetStream.``."""
    command = Command.decode(message)
    assert command is not None
    info: Any = command.args[-1]
    return str(info["code"]).removeprefix("NetStream.Play.")


def heard(*messages: Message, at: int | None = None) -> list[Heard]:
    """What a player hears of messages, all stamped alike if ``at`` is given."""
    return [(message.timestamp_ms if at is None else at, message.payload) for message in messages]


class Stage:
    """One live stream."""

    def __init__(self, **settings: Any) -> None:
        self.settings = StreamSettings(**settings)
        self.live = Stream("cam", self.settings, ByHand(server_name="our server"))
        self.players: list[Player] = []
        self.revoked: list[tuple[EndReason, str]] = []

    def publish(self, **settings: Any) -> PublishLease:
        """Somebody publishes, with these settings changed."""
        lease = PublishLease(
            self.live, "a test", lambda reason, detail: self.revoked.append((reason, detail))
        )
        self.live.publisher_came(lease, attrs.evolve(self.settings, **settings))
        return lease

    def say(self, *messages: Message) -> None:
        """The publisher says something, all of it now."""
        assert self.live.lease is not None
        for message in messages:
            self.live.lease.append(message, trio.current_time())

    def play(
        self, form: Form = FORM, *, policy: Skip | Drop | None = None, **temper: Any
    ) -> Player:
        """Somebody reads."""
        outlet = MemoryOutlet(**{"chunk_size": 4096, **temper})
        player = Player(self.live.feed.attach(form, outlet, policy), outlet)
        self.players.append(player)
        return player

    def begin(self) -> list[SpanDelivery]:
        """The broadcaster begins to send what is new."""
        self.live.feed.dirty = False
        self.live.feed.wake_cursors()
        deliveries = (group.begin(self.live.feed.log) for group in self.live.feed.groups.values())
        return [delivery for delivery in deliveries if delivery is not None]

    def broadcast(self) -> None:
        """The broadcaster sends what is new."""
        while deliveries := self.begin():
            for delivery in deliveries:
                while not delivery.step(3):
                    pass
                self.live.feed.was_sent()

    def run(self) -> None:
        """Everybody sends until there is nothing to send."""
        for _ in range(2):
            self.broadcast()
            self.serve(self.players)

    def serve(self, players: Iterable[Player]) -> None:
        """The readers' own tasks send what they can."""
        for player in players:
            if player.reader.attached:
                player.serve()
