"""Chromium, driven over the DevTools protocol through two pipes: no port, no driver, no library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import trio

__all__ = ["CHROMIUM", "ROOM_MB", "Chromium", "Page", "PageError", "chromium"]

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
"""Debian's, which has the decoders that builds for tests lack."""

ROOM_MB: Final = 3
"""How much of a picture track a page may have at once: little, so that it is full soon."""
_OPTIONS: Final = (
    "--headless=new",
    "--no-sandbox",  # in containers there is none to be had
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
    "--mute-audio",
    "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
    f"--mse-video-buffer-size-limit-mb={ROOM_MB}",
)
_UNTIL: Final = """new Promise((resolve) => {
  const look = () => {
    const value = %s;
    value ? resolve(value) : setTimeout(look, 50);
  };
  look();
})"""


class PageError(Exception):
    """A script on the page failed, or the browser refused a command."""


class Chromium:
    """A browser that runs; commands and their answers in any order."""

    def __init__(self, out: trio.abc.SendStream, back: trio.abc.ReceiveStream) -> None:
        self._out, self._back = out, back
        self._sending = trio.Lock()
        self._asked = 0
        self._answers: dict[int, trio.MemorySendChannel[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        """What it told unasked: console, exceptions, network."""

    async def run(self) -> None:
        """Read what it says, until it ends."""
        data = bytearray()
        async for part in self._back:
            data += part
            while (end := data.find(0)) >= 0:
                message = json.loads(data[:end])
                del data[: end + 1]
                if (channel := self._answers.pop(message.get("id"), None)) is not None:
                    channel.send_nowait(message)
                elif "method" in message:
                    self.events.append(message)

    async def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """A command, and what it returned. Raises PageError."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        sends, receives = trio.open_memory_channel[dict[str, Any]](1)
        self._answers[self._asked] = sends
        async with self._sending:
            await self._out.send_all(json.dumps(message).encode() + b"\0")
        answer = await receives.receive()
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    @asynccontextmanager
    async def page(self, width: int = 1280, height: int = 800) -> AsyncIterator[Page]:
        """A page of its own, with no cookies and nothing cached; closed at the end of the block."""
        context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        target = await self.call(
            "Target.createTarget", url="about:blank", browserContextId=context,
            width=width, height=height,
        )  # fmt: skip
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = Page(self, attached["sessionId"])
        await page.call("Runtime.enable")
        await page.call("Log.enable")
        await page.call("Page.enable")
        try:
            yield page
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + 5):
                await self.call("Target.disposeBrowserContext", browserContextId=context)


class Page:
    """One page of it."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser, self._session = browser, session

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """A command to this page. Raises PageError."""
        return await self._browser.call(method, self._session, **params)

    async def go(self, url: str) -> None:
        """Load a page; its scripts may go on when this returns."""
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def ask(self, script: str) -> Any:
        """The value of an expression there; of a promise, what it becomes. Raises PageError."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise PageError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, script: str, within_s: float = 30.0) -> Any:
        """Wait until an expression is true there; its value. Raises PageError: it does not come."""
        with trio.move_on_after(within_s):
            return await self.ask(_UNTIL % script)
        raise PageError(f"not within {within_s:g} s: {script}")

    async def press(self, key: str) -> None:
        """Press a key, as on a keyboard."""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
        about = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def look(self, *, width: int, height: int, dark: bool, phone: bool = False) -> None:
        """Look at it on a screen of this size, in this scheme."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def shot(self, path: Path) -> None:
        """Save a picture of all of the page (PNG)."""
        answer = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await trio.Path(path).write_bytes(base64.b64decode(answer["data"]))

    def complaints(self) -> list[str]:
        """What the console and the security policy had to say, and exceptions, so far."""
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(params["exceptionDetails"].get("exception", params)))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
                found.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            elif event["method"] == "Runtime.consoleAPICalled" and params["type"] == "error":
                found.append(str(params["args"]))
        return found


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Chromium]:
    """A browser for as long as the block lasts. Its profile is in the folder."""
    assert CHROMIUM is not None
    command_read, command_write = os.pipe()
    answer_read, answer_write = os.pipe()
    # It reads from descriptor 3 and writes to 4.
    script = f'exec "$0" "$@" 3<&{command_read} 4>&{answer_write}'
    with (folder / "chromium.log").open("wb") as log:
        process = await trio.lowlevel.open_process(
            ["bash", "-c", script, CHROMIUM, *_OPTIONS, f"--user-data-dir={folder / 'profile'}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            pass_fds=(command_read, answer_write), start_new_session=True,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
    os.close(command_read)
    os.close(answer_write)
    out, back = trio.lowlevel.FdStream(command_write), trio.lowlevel.FdStream(answer_read)
    try:
        async with out, back, trio.open_nursery() as nursery:
            browser = Chromium(out, back)
            nursery.start_soon(browser.run)
            yield browser
            with trio.move_on_after(5):
                await browser.call("Browser.close")
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True):
            with trio.move_on_after(5):
                await process.wait()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
