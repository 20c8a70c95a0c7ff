"""A platform in the hands of a test: what it heard, and what it is to answer. Floor 7."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Final, Self

import attrs
import trio

from trio_srs.errors import PeerError
from trio_srs.testing.hints import WithHints, nearest
from trio_srs.tools.hooks.receiver import HookReceiver, ReceivedCall
from trio_srs.tools.hooks.scripted_answer import YES, ScriptedAnswer

__all__ = ["HookNotCalledError", "HookRecorder"]

__tracebackhide__ = True  # pytest: see channel

_ACTIONS: Final = (*("on_connect", "on_close", "on_publish", "on_unpublish", "on_play", "on_stop"),)
_START_S: Final = 30.0
_KEEP_ALIVE: Final = "200ms"
"""A server of a test is looked at when everybody has left: it must hold nothing."""


class HookNotCalledError(PeerError, AssertionError):
    """A callback that a test waited for did not come. The text says which did."""

    code = "hook_not_called"


@attrs.define
class _Script:
    """What to answer to some calls."""

    action: str
    stream: str | None
    answer: ScriptedAnswer
    times: int | None

    def fits(self, call: ReceivedCall) -> bool:
        return (
            self.action == call.action
            and self.stream in (None, call.stream)
            and (self.times is None or self.times > 0)
        )


class HookRecorder(WithHints):
    """Receives callbacks in a thread of the test's process, and says yes unless it is told not to.

    Attributes:
        url: where it receives; any path and query may be put behind it.
    """

    url: str

    def __init__(self) -> None:
        self._calls: list[ReceivedCall] = []
        self._expected: set[int] = set()
        self._scripts: list[_Script] = []
        self._changed = threading.Condition()
        self._ready: Future[tuple[str, trio.CancelScope, trio.lowlevel.TrioToken]] = Future()
        self._thread = threading.Thread(target=self._run, name="trio-srs hooks", daemon=True)
        self._thread.start()
        self.url, self._scope, self._token = self._ready.result(_START_S)

    def _run(self) -> None:
        try:
            trio.run(self._receive)
        except BaseException as error:  # there is nobody else to tell
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _receive(self) -> None:
        async with trio.open_nursery() as nursery:
            [url] = await nursery.start(HookReceiver(self._hear).run)
            self._ready.set_result((url, nursery.cancel_scope, trio.lowlevel.current_trio_token()))

    async def _hear(self, call: ReceivedCall) -> ScriptedAnswer:
        with self._changed:
            self._calls.append(call)
            self._changed.notify_all()
            for script in reversed(self._scripts):
                if script.fits(call):
                    if script.times is not None:
                        script.times -= 1
                    return script.answer
        return YES

    @property
    def section(self) -> dict[str, Any]:
        """The section ``[hooks]`` of a server that is to call it about everything."""
        urls = {action: [f"{self.url}{action}"] for action in _ACTIONS}
        return {**urls, "keep_alive": _KEEP_ALIVE}

    @property
    def calls(self) -> Sequence[ReceivedCall]:
        """What was called so far, in order."""
        with self._changed:
            return tuple(self._calls)

    def actions(self, stream: str | None = None) -> list[str]:
        """The same in words, of one stream if it is given: ``["on_publish", "on_unpublish"]``."""
        return [call.action for call in self.calls if stream in (None, call.stream)]

    def answer(
        self,
        action: str,
        answer: str = "yes",
        *,
        stream: str | None = None,
        times: int | None = None,
    ) -> None:
        """Answer so from now on; of several that fit, the newest counts.

        Args:
            answer: ``yes``, ``refuse:REASON``, ``redirect:URL``, ``rename:NAME``, ``503``,
                ``garbage``, ``close``, ``slow:3s`` or a JSON object.
            stream: only where it is about this one, ``live/cam1``.
            times: only so often.

        Raises:
            ScriptedAnswerError: the answer is none of these.
            ValueError: there is no such action.
        """
        self._check(action)
        script = _Script(action, stream, ScriptedAnswer.parse(answer), times)
        with self._changed:
            self._scripts.append(script)

    def expect_called(
        self, action: str, *, stream: str | None = None, timeout_s: float = 10.0, **fields: object
    ) -> ReceivedCall:
        """Wait for a call, the next of its kind: each is expected once.

        Args:
            stream: which it is about, ``live/cam1``.
            fields: what its JSON says.

        Raises:
            HookNotCalledError: it did not come in time.
            ValueError: there is no such action.
        """
        self._check(action)
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                for call in self._calls:
                    if call.number not in self._expected and _fits(call, action, stream, fields):
                        self._expected.add(call.number)
                        return call
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            heard = "\n".join(map(str, self._calls)) or "nothing"
        about = f" of {stream}" if stream else ""
        more = "".join(f", {name} {value!r}" for name, value in fields.items())
        raise HookNotCalledError(
            f"{action}{about}{more} was not called within {timeout_s:g} s; what was:\n{heard}"
        )

    def _check(self, action: str) -> None:
        if action not in _ACTIONS:
            raise ValueError(f"there is no callback {action!r}{nearest(action, _ACTIONS)}")

    def close(self) -> None:
        """Receive no more. Idempotent."""
        if self._thread.is_alive():
            self._token.run_sync_soon(self._scope.cancel)
            self._thread.join()

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


def _fits(call: ReceivedCall, action: str, stream: str | None, fields: dict[str, object]) -> bool:
    return (
        call.action == action
        and stream in (None, call.stream)
        and all(call.fields.get(name) == value for name, value in fields.items())
    )
