"""What the commands of a client do to a server's session. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from trio_srs.session.rtmp_answers import call_failed, fc_subscribed, fc_unpublished, null_result
from trio_srs.session.rtmp_core import RtmpCore
from trio_srs.session.rtmp_events import (
    AudioSwitched,
    ConnectRequested,
    Paused,
    PlayRequested,
    PublishRequested,
    RtmpServerEvent,
    StreamClosed,
    VideoSwitched,
)
from trio_srs.session.rtmp_streams import TRANSITIONS, BadStateError, MessageStreams, StreamState
from trio_srs.wire.rtmp.arguments import (
    asks_to_stop,
    flag,
    play_duration_s,
    play_name,
    stream_number,
)
from trio_srs.wire.rtmp.command import Command, CommandError, ConnectRequest, on_status
from trio_srs.wire.rtmp.control import StreamBegin, StreamEof
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.oddity import OddityKind
from trio_srs.wire.rtmp.status import StatusCode

__all__ = ["ServerCommands"]

_USUAL: Final = frozenset({"_checkbw", "checkBandwidth"})
"""Calls of what FMS had and we do not, that are no news: ffmpeg and librtmp make them."""
_ANSWERS: Final = frozenset({"_result", "_error", "onStatus"})
_QUOTED: Final = 64
"""Characters of a word of the peer's that are passed on."""
_ALIASES: Final = {"play2": "play", "pauseRaw": "pause", "pauseraw": "pause"}
_WRONG: Final = {
    "publish": StatusCode.PUBLISH_BAD_NAME,
    "play": StatusCode.PLAY_FAILED,
    "pause": StatusCode.FAILED,
    "receiveAudio": StatusCode.FAILED,
    "receiveVideo": StatusCode.FAILED,
}
"""What a stream is told of a command with a wrong argument; other calls hear _error."""
_HALTED: Final = {
    "publish": (StreamState.PUBLISHING, StatusCode.UNPUBLISH_SUCCESS, "Nothing is published"),
    "play": (StreamState.PLAYING, StatusCode.PLAY_STOP, "Nothing is played"),
}
"""What a command without a name ends, and what is said where there is none of it."""


class ServerCommands:
    """Does what commands ask for, answers those that need no decision, and says what they mean.

    Attributes:
        flow: which encoder's way of publishing the commands so far are.
        connect_transaction_id: of the only request whose answer is a ``_result``.

    Args:
        core: sends answers, and notes what is odd.
        streams: the message streams, which are made, moved and ended here.
        ready: what came of it, for the session to tell, is put behind this.
    """

    __slots__ = ("_core", "_ready", "_streams", "connect_transaction_id", "flow")

    def __init__(
        self, core: RtmpCore, streams: MessageStreams, ready: list[RtmpServerEvent]
    ) -> None:
        self._core, self._streams, self._ready = core, streams, ready
        self.flow = "flash"
        self.connect_transaction_id = 0.0

    def notify(self, stream_id: int, code: StatusCode, description: str) -> None:
        """Tell the peer something about one of its streams."""
        self._core.send_command(on_status(code, description), stream_id)

    def obey(self, message: Message) -> None:
        """Do what a command says; one that cannot be understood is answered, and changes nothing.

        Raises:
            ProtocolError: it is not lawful now, there are too many, or there is no reading it.
        """
        command = None
        try:
            command = self._core.read_command(message)
            with self._core.blaming("command"):
                self._call(command, message.stream_id)
        except CommandError as error:
            if not self._streams.connected:
                raise
            self._answer_wrong(command, message.stream_id, error)

    def _call(self, command: Command, stream_id: int) -> None:
        self._core.subject = name = _ALIASES.get(command.name, command.name)
        if not self._streams.connected and (StreamState.UNCONNECTED, name) not in TRANSITIONS:
            raise BadStateError(f"{name[:_QUOTED]!r} before connect, expected the connect command")
        handler = self._CALLS.get(name)
        if handler is not None:
            handler(self, command, stream_id)
        elif name not in _ANSWERS:
            if name not in _USUAL:
                self._core.note(OddityKind.UNKNOWN_COMMAND, name[:_QUOTED])
            self._answer_null(command, stream_id)  # as SRS: encoders call what FMS once had

    def _answer_wrong(self, command: Command | None, stream_id: int, error: CommandError) -> None:
        """Say what is wrong with a command, where its caller looks for the answer."""
        self._core.note(OddityKind.WRONG_ARGUMENT, str(error))
        name = "" if command is None else _ALIASES.get(command.name, command.name)
        if command is not None and command.transaction_id and name not in _WRONG:
            self._core.send_command(call_failed(command.transaction_id, str(error)))
        else:
            self.notify(stream_id, _WRONG.get(name, StatusCode.CALL_FAILED), str(error))

    def _claim(self, stream_id: int, command: str) -> None:
        """Make a message stream that was never created: some peers skip createStream."""
        if stream_id not in self._streams:
            self._core.note(
                OddityKind.STREAM_NOT_CREATED, f"{command} on message stream {stream_id}"
            )
            self._streams.make(stream_id, command)

    # ---------------------------------------------------------------- one by one

    def _connect(self, command: Command, stream_id: int) -> None:
        if self._streams.connected:
            raise BadStateError("connect on a connection that is connected already")
        self.connect_transaction_id = command.transaction_id
        self._ready.append(ConnectRequested(ConnectRequest.from_command(command)))

    def _create_stream(self, command: Command, stream_id: int) -> None:
        created = self._streams.free_number()
        self._streams.make(created, "createStream")
        self._core.send_command(null_result(command.transaction_id, float(created)))

    def _publish(self, command: Command, stream_id: int) -> None:
        if self._halt(command, stream_id):
            return
        name = command.text(1, "the stream name")
        self._streams.check(stream_id, "publish")
        self._claim(stream_id, "publish")
        self._close(stream_id, "publish")
        kind = command.argument(2)
        kind = kind[:_QUOTED] if isinstance(kind, str) else "live"
        if kind != "live":
            self._core.note(OddityKind.PUBLISH_TYPE, f"{kind!r}, taken as 'live'")
        self._ready.append(PublishRequested(stream_id, name, kind, self.flow))

    def _play(self, command: Command, stream_id: int) -> None:
        if self._halt(command, stream_id):
            return
        name = play_name(command)
        self._streams.check(stream_id, "play")
        self._claim(stream_id, "play")
        self._close(stream_id, "play")
        self._ready.append(PlayRequested(stream_id, name, play_duration_s(command)))

    def _halt(self, command: Command, stream_id: int) -> bool:
        """End a publish or play that is repeated without a name; whether that was all it is.

        Flash stops with false, Wirecast likewise. Where there is nothing to end, only what is
        known to mean a stop is one.
        """
        if command.name not in _HALTED or isinstance(command.argument(1), str):
            return False
        state, code, nothing = _HALTED[command.name]
        if self._streams.state_of(stream_id) is state:
            if state is StreamState.PLAYING:
                self.notify(stream_id, code, "Stopped playing")
                self._core.send_control(StreamEof(stream_id))
            self._close(stream_id, command.name)
            return True
        if asks_to_stop(command):
            self.notify(stream_id, code, nothing)
            return True
        return False

    def _close_stream(self, command: Command, stream_id: int) -> None:
        self._streams.check(stream_id, "closeStream")
        self._close(stream_id, "closeStream")

    def _delete_stream(self, command: Command, stream_id: int) -> None:
        target = stream_number(command, stream_id)
        if target in self._streams:  # and not NaN, nor another number that is no integer
            number = int(target)
            self._streams.check(number, "deleteStream")
            self._close(number, "deleteStream")
            self._streams.delete(number)
        else:
            self._core.note(OddityKind.DELETE_UNKNOWN_STREAM, f"message stream {target:g}")

    def _fc_unpublish(self, command: Command, stream_id: int) -> None:
        name = command.text(1, "the stream name")
        self._core.send_command(fc_unpublished(name))
        self._answer_null(command, stream_id)
        for number in self._streams.that_publish(name):
            self._close(number, "FCUnpublish")

    def _close(self, stream_id: int, command: str) -> None:
        """End what the stream does, if anything, in good order."""
        was = self._streams.state_of(stream_id)
        self._streams.stop(stream_id)
        if was is StreamState.PUBLISHING:
            self.notify(stream_id, StatusCode.UNPUBLISH_SUCCESS, "Stopped publishing")
        if was is not StreamState.IDLE:
            self._ready.append(StreamClosed(stream_id, command))

    def _fc_publish(self, command: Command, stream_id: int) -> None:
        # FMLE says it before createStream, Haivision after.
        self.flow = "haivision" if self._streams else "fmle"
        self._answer_null(command, stream_id)

    def _fc_subscribe(self, command: Command, stream_id: int) -> None:
        name = command.text(1, "the stream name")
        self._answer_null(command, stream_id)
        self._core.send_command(fc_subscribed(name))

    def _pause(self, command: Command, stream_id: int) -> None:
        paused = flag(command, "whether to pause", default=True)
        if self._streams.check(stream_id, "pause") is not StreamState.PLAYING:
            return
        if paused:
            self.notify(stream_id, StatusCode.PAUSE_NOTIFY, "Paused")
            self._core.send_control(StreamEof(stream_id))
        else:
            self.notify(stream_id, StatusCode.UNPAUSE_NOTIFY, "Going on")
            self._core.send_control(StreamBegin(stream_id))
        self._ready.append(Paused(stream_id, paused))

    def _receive(self, command: Command, stream_id: int) -> None:
        wanted = flag(command, "whether to go on", default=True)
        if self._streams.check(stream_id, command.name) is not StreamState.PLAYING:
            return
        if wanted:  # and no answer to false (RTMP 1.0, 7.2.2.4 and 7.2.2.5)
            self.notify(stream_id, StatusCode.SEEK_NOTIFY, "Going on")
            self.notify(stream_id, StatusCode.PLAY_START, "Going on")
        switched = AudioSwitched if command.name == "receiveAudio" else VideoSwitched
        self._ready.append(switched(stream_id, wanted))

    def _seek(self, command: Command, stream_id: int) -> None:
        self._streams.check(stream_id, "seek")
        self.notify(stream_id, StatusCode.SEEK_FAILED, "A live stream cannot be sought")

    def _get_stream_length(self, command: Command, stream_id: int) -> None:
        self._core.send_command(null_result(command.transaction_id, 0.0))

    def _answer_null(self, command: Command, stream_id: int) -> None:
        if command.transaction_id:
            self._core.send_command(null_result(command.transaction_id))

    # Of the class: bound methods in an attribute would be a circle, for the collector to find.
    _CALLS: ClassVar[Mapping[str, Callable[[ServerCommands, Command, int], None]]] = {
        "connect": _connect,
        "createStream": _create_stream,
        "publish": _publish,
        "play": _play,
        "closeStream": _close_stream,
        "deleteStream": _delete_stream,
        "releaseStream": _answer_null,
        "FCPublish": _fc_publish,
        "FCUnpublish": _fc_unpublish,
        "FCSubscribe": _fc_subscribe,
        "pause": _pause,
        "receiveAudio": _receive,
        "receiveVideo": _receive,
        "seek": _seek,
        "getStreamLength": _get_stream_length,
    }
