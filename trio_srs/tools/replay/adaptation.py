"""What of a captured side must differ when it is done again: names, numbers that the other side
chose, and answers to its handshake. Floor 6.

All else goes out byte for byte. A message that has to be another is put into chunks anew, with a
whole header; payloads of media and timestamps are never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.tools.replay.captured_side import CapturedSide, SideStep
from trio_srs.tools.replay.dialogue_labels import Labels, command_of
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.handshake import answer_part
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.url import RtmpUrl

__all__ = ["Adaptation", "ClientAdaptation", "ServerAdaptation"]

_NAMES_A_STREAM: Final = frozenset(
    {"publish", "play", "play2", "releaseStream", "FCPublish", "FCUnpublish", "FCSubscribe"}
)


class Adaptation:
    """Makes the bytes of each step, in order.

    Args:
        captured: the side that is done again.
        live: what both sides have said this time.
    """

    def __init__(self, captured: CapturedSide, live: Labels) -> None:
        self.captured, self.live = captured, live
        self._is_remade: set[int] = set()
        """Chunk streams whose last message was put into chunks anew."""
        self._left_out: set[int] = set()
        """Those of which the rest of a message is in it already."""

    def data(self, step: SideStep, first_part: bytes) -> bytes:
        """What to send for a step.

        Args:
            first_part: of the other side's handshake, its version included.
        """
        if step.part == 2 and len(first_part) > 1:
            return self._second_part(step.data, first_part[1:])
        if step.is_rest:
            return b"" if step.csid in self._left_out else step.data
        if step.message is None:
            return step.data
        message = self.adapted(step.message)
        # A short header says as little as the one before it, which is not what it was.
        depends = step.fmt > 1 and step.csid in self._is_remade
        if message == step.message and not depends:
            self._is_remade.discard(step.csid)
            self._left_out.discard(step.csid)
            return step.data
        self._is_remade.add(step.csid)
        self._left_out.add(step.csid)
        return ChunkWriter(chunk_size=step.chunk_size).write(message, csid=step.csid)

    def _second_part(self, data: bytes, first_part: bytes) -> bytes:
        """Nothing that was cut short becomes longer."""
        to_server = isinstance(self, ClientAdaptation)
        return answer_part(first_part, data.ljust(len(first_part), b"\0"), to_server=to_server)[
            : len(data)
        ]

    def adapted(self, message: Message) -> Message:
        """The message as it must be this time; the same one where nothing must differ."""
        raise NotImplementedError


class ClientAdaptation(Adaptation):
    """A client's side: it asks for what the URL says, and uses the message streams it is given.

    Args:
        url: application and, if it has one, stream that take the place of the captured ones; None
            where nothing is to differ.
    """

    def __init__(self, captured: CapturedSide, live: Labels, url: RtmpUrl | None) -> None:
        super().__init__(captured, live)
        self._url = url

    def adapted(self, message: Message) -> Message:
        numbers = self._numbers()
        stream_id = numbers.get(message.stream_id, message.stream_id)
        if stream_id != message.stream_id:
            message = attrs.evolve(message, stream_id=stream_id)
        command = command_of(message)
        if command is None:
            return message
        args = self._args(command, numbers)
        if args == command.args:
            return message
        return attrs.evolve(message, payload=attrs.evolve(command, args=args).encode())

    def _numbers(self) -> Mapping[int, int]:
        """Of message streams: the captured ones, and what the server calls them this time."""
        now = self.live.streams
        then = self.captured.labels.streams
        return {number: now.get(call, number) for call, number in then.items()}

    def _args(self, command: Command, numbers: Mapping[int, int]) -> tuple[Value, ...]:
        args, url = list(command.args), self._url
        if command.name == "deleteStream":
            number = command.number(1, 0.0)
            args[1:2] = [float(numbers.get(int(number), int(number)))] if args[1:] else []
        elif url is not None and command.name == "connect" and isinstance(args[0], dict):
            said = dict(args[0])
            args[0] = {**said, "app": url.app, "tcUrl": url.tc_url}
        elif url is not None and url.stream and command.name in _NAMES_A_STREAM and args[1:]:
            args[1] = url.stream_key
        return tuple(args)


class ServerAdaptation(Adaptation):
    """A server's side: it answers the calls of this client, by the numbers that this one chose."""

    def adapted(self, message: Message) -> Message:
        command = command_of(message)
        call = None if command is None else self.captured.labels.call_of(command)
        if command is None or call is None:
            return message
        number = self.live.transactions.get(call, command.transaction_id)
        if number == command.transaction_id:
            return message
        return attrs.evolve(message, payload=attrs.evolve(command, transaction_id=number).encode())
