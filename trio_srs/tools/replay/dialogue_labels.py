"""What one side of a conversation has said so far, in labels that hold for any server and client.

Floor 6. A capture and a replay of it are compared by them, and who waits for the other side waits
for a label: for the answer to a call, whatever it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.session.rtmp_core import COMMANDS
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import Message

__all__ = ["HeardAnswer", "Labels"]

_AWAITED: Final = frozenset({"connect", "createStream", "publish", "play"})
"""Calls that are waited for, and whose answers are: others are answered by some servers only."""
_STATUS: Final = "onStatus"


@attrs.frozen
class HeardAnswer:
    """One answer of a server, or word about a stream."""

    label: str
    """``answer to createStream 1`` or ``status 2``."""
    name: str
    """``_result``, ``_error`` or ``onStatus``."""
    code: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.code}".rstrip()


class Labels:
    """Follows the commands of both sides.

    Attributes:
        heard: the labels of what both sides have said.
        answers: those of the server's, in order.
        transactions: of the client's calls, by label.
        streams: numbers of message streams that the server made, by label.
    """

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self.answers: list[HeardAnswer] = []
        self.transactions: dict[str, float] = {}
        self.streams: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        self._calls: dict[float, str] = {}

    def call(self, message: Message) -> str | None:
        """The client said this; its label, if it is a call that is waited for."""
        command = command_of(message)
        if command is None:
            return None
        self._counts[command.name] += 1
        label = f"{command.name} {self._counts[command.name]}"
        if command.transaction_id:
            self._calls[command.transaction_id] = label
            self.transactions[label] = command.transaction_id
        if command.name not in _AWAITED:
            return None
        self.heard.add(label)
        return label

    def answer(self, message: Message) -> str | None:
        """The server said this; its label, if it is an answer that is waited for."""
        command = command_of(message)
        if command is None:
            return None
        if command.name == _STATUS:
            self._counts[_STATUS] += 1
            label = f"status {self._counts[_STATUS]}"
        else:
            call = self.call_of(command)
            if call is None or call.partition(" ")[0] not in _AWAITED:
                return None
            label = f"answer to {call}"
            if command.name == "_result" and call.startswith("createStream"):
                self.streams[call] = int(command.number(1, 0.0))
        self.heard.add(label)
        self.answers.append(HeardAnswer(label, command.name, code_of(command)))
        return label

    def call_of(self, command: Command) -> str | None:
        """The label of the call that this answers."""
        if command.name not in ("_result", "_error"):
            return None
        return self._calls.get(command.transaction_id)


def command_of(message: Message) -> Command | None:
    """The command in a message; None if there is none, or none that can be read."""
    if message.type_id not in COMMANDS:
        return None
    try:
        return Command.decode(message)
    except ProtocolError:
        return None


def code_of(command: Command) -> str:
    """What an answer says of itself."""
    for value in reversed(command.args):
        if isinstance(value, Mapping) and isinstance(code := value.get("code"), str):
            return code
    return ""
