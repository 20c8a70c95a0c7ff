"""Publishers and players for tests, each in a process of its own. Floor 7."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, Unpack

from trio_srs.testing.channel import ProcessEndedError, ProcessSilentError
from trio_srs.testing.hints import WithHints
from trio_srs.testing.own_process import OwnProcess
from trio_srs.testing.server import NotInTimeError
from trio_srs.testing.starting import PublishWords, check_words
from trio_srs.units import parse_seconds

if TYPE_CHECKING:
    from trio_srs.media.facts import StreamFacts

__all__ = ["ClientProcess", "PlayerProcess", "PublisherProcess"]

__tracebackhide__ = True  # pytest: see channel

_ANSWER_S: Final = 10.0


class ClientProcess(WithHints):
    """One connection to a server, made by a process of its own.

    Attributes:
        url: where to.
    """

    role: str
    who: str

    def __init__(self, url: str, words: dict[str, Any]) -> None:
        self.url = url
        self._process = OwnProcess(self.role, {"url": url, **words}, f"{self.who} {url}")
        self._last: dict[str, Any] = self._process.greeting
        self._is_over = False

    def _state(self) -> dict[str, Any]:
        if not self._is_over:
            self._last = self._ask("state")
        return self._last

    def _ask(self, verb: str, more_s: float = 0.0, /, **words: object) -> Any:
        return self._process.ask(verb, _ANSWER_S + more_s, **words)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    @property
    def ended(self) -> str:
        """Why it ended, in a word; empty while it goes on."""
        return str(self._state()["ended"])

    @property
    def error(self) -> str | None:
        """What went wrong, if anything did: the server's words, or what became of it."""
        error: str | None = self._state()["error"]
        return error

    @property
    def frames(self) -> int:
        """Frames so far: of video, or of audio where there is no video."""
        return int(self._state()["frames"])

    @property
    def bytes(self) -> int:
        """Bytes of audio, video and data so far."""
        return int(self._state()["bytes"])

    @property
    def digest(self) -> str:
        """What to compare two ends by: SHA-256 of all audio and video so far, with timestamps.

        It equals ``report.facts.digests.exact`` of a report of the same messages.
        """
        return str(self._state()["digest"])

    def wait(self, timeout: float | str = 10.0) -> str:
        """Wait for its end; returns :attr:`ended`.

        Raises:
            NotInTimeError: it goes on.
        """
        timeout_s = parse_seconds(timeout)
        state = self._last = self._ask("wait_end", timeout_s, timeout_s=timeout_s)
        if not state["ended"]:
            raise NotInTimeError(
                f"{self.who} {self.url} goes on after {timeout_s:g} s: {self._so_far(state)}"
            )
        return str(state["ended"])

    def wait_for_frames(self, count: int, timeout: float | str = 10.0) -> None:
        """Wait for so many :attr:`frames`.

        Raises:
            NotInTimeError: there are not as many, in time or before the end.
        """
        timeout_s = parse_seconds(timeout)
        state = self._last = self._ask("wait_frames", timeout_s, count=count, timeout_s=timeout_s)
        if state["frames"] < count:
            ended = f"; it ended: {state['error'] or state['ended']}" if state["ended"] else ""
            raise NotInTimeError(
                f"{self.who} {self.url}: not {count} frames within {timeout_s:g} s, "
                f"only {self._so_far(state)}{ended}"
            )

    def _so_far(self, state: dict[str, Any]) -> str:
        return f"{state['frames']} frames, {state['bytes']} bytes"

    def stall(self) -> None:
        """Keep still from now on, with the connection open, until :meth:`resume`."""
        self._ask("stall")

    def resume(self) -> None:
        """Go on after :meth:`stall`: what is late comes at once."""
        self._ask("resume")

    def stop(self, timeout: float | str = 10.0) -> None:
        """End it in good order, and wait until that is done. Idempotent."""
        timeout_s = parse_seconds(timeout)
        self._last = self._ask("stop", timeout_s, timeout_s=timeout_s)

    def kill(self) -> None:
        """End it as ``kill -9`` does. What it has done so far can still be asked."""
        self._remember()
        self._process.kill()

    def close(self) -> None:
        """Let go of it: if it goes on, its connection is closed in the middle. Idempotent."""
        self._remember()
        self._process.end()

    def _remember(self) -> None:
        """Keep what can be asked of a process that is about to end."""
        with suppress(ProcessEndedError, ProcessSilentError):
            self._state()
        self._is_over = True

    def __enter__(self) -> Self:
        """Use it for as long as the block lasts."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class PublisherProcess(ClientProcess):
    """A publisher. The server has accepted it when this has been made."""

    role = "publisher"
    who = "the publisher of"

    def __init__(
        self,
        url: str,
        pattern: str = "h264:320x180@25",
        *,
        audio: str = "aac",
        defects: Sequence[str] = (),
        file: str | os.PathLike[str] | None = None,
        speed: float = 1.0,
        **more: Unpack[PublishWords],
    ) -> None:
        """Publish a synthetic stream, or a file.

        Args:
            pattern: pictures: ``h264:640x360@30000/1001``, ``hevc``, ``av1``.
            audio: sound: ``aac:48000x1``, ``opus``, ``none``.
            defects: what is wrong on purpose: ``regression@50:80``, ``stall@100:4``.
            file: an FLV file, instead of all those.
            speed: seconds of media in a second; ``math.inf`` for as fast as the server takes it.
            more: anything else of a :class:`~trio_srs.media.pattern.Pattern`, such as
                ``seconds``, ``gop_s``, ``kbps``; of a file ``seconds``, ``loop``, ``start_at_s``.

        Raises:
            ProcessRefusedError: the server refused it, or there is no such stream to publish.
            TypeError: there is no such argument; the text has the nearest.
        """
        check_words(more, is_file=file is not None)
        what: dict[str, Any] = {"pattern": pattern, "audio": audio, "defects": list(defects)}
        if file is not None:
            what = {"file": os.fspath(Path(file).absolute())}
        super().__init__(url, {**what, "speed": speed, "more": more})


class PlayerProcess(ClientProcess):
    """A player. The server has accepted it when this has been made."""

    role = "player"
    who = "the player of"

    def __init__(self, url: str) -> None:
        """Play a stream.

        Raises:
            ProcessRefusedError: the server refused it.
        """
        super().__init__(url, {})

    @property
    def statuses(self) -> tuple[str, ...]:
        """The codes of what the server said besides its answers, such as
        ``NetStream.Play.PublishNotify``."""
        return tuple(self._state()["statuses"])

    @property
    def facts(self) -> StreamFacts:
        """Everything about what came so far, as it is known of a published stream."""
        from trio_srs.media.facts import StreamFacts
        from trio_srs.testing.readback import read_back

        return read_back(self._state()["facts"], StreamFacts)
