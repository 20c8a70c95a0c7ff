"""What a browser makes of the page: one server, one browser, and all that is to be seen, at once.

It is looked at once; the tests read what was seen.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import trio

from tests.browser.chromium import ROOM_MB, Chromium, Page, PageError, chromium
from tests.interop.programs import FFMPEG
from trio_srs import serve
from trio_srs.config.load import loads
from trio_srs.hub.bus import Event, PlayBegan, SessionBegan
from trio_srs.media.pattern import Pattern
from trio_srs.net.rtmp_publisher import open_publisher
from trio_srs.server.run import Server
from trio_srs.tools.publish import FilePublish, PatternPublish, PublishOptions

__all__ = ["AGAIN", "CASES", "OTHERS", "SCREENSHOTS", "Case", "Played", "Seen", "see_all"]

SCREENSHOTS: Final = os.environ.get("TRIO_SRS_SCREENSHOTS")
"""Where pictures of the page are left for people to look at; without it none are made."""
_CONFIG: Final = """
[rtmp]
listen = ["127.0.0.1:0"]
shutdown_grace = "0s"
[http]
listen = ["127.0.0.1:0"]
missing_timeout = "1s"
republish_timeout = "2s"
[hls]
missing_timeout = "5s"
republish_timeout = "2s"
[dash]
missing_timeout = "5s"
republish_timeout = "2s"
"""
_AV1: Final = (
    *("-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "2", "-g", "25"),
    *("-c:v", "libsvtav1", "-preset", "11"),
)
_STREAMS: Final = {
    "h264": ("h264:320x180@25", "aac", 0),
    "fat": ("h264:320x180@25", "aac", 3000),
    "h264-opus": ("h264:320x180@25", "opus", 0),
    "av1-opus": ("av1", "opus", 0),
    "hevc": ("hevc", "aac", 0),
}
AGAIN: Final = ("ts-http", "ts-ws", "flv-http", "flv-ws", "hls-ll", "hls-ts", "hls-video", "dash")
OTHERS: Final = ("hls-ll", "dash")
_PAUSED: Final = ("hls-ll", "hls-video")
"""Ways of playing where a publisher comes again, one with other codecs does, somebody pauses."""
_AN_HOUR_MS: Final = 3_600_000
_HEAVY_KBPS: Final = 6000
_AT_ONCE: Final = 3
"""Pages that play at the same time: decoders and two cores have enough to do with it."""


@attrs.frozen
class Case:
    """A stream, and a way to play it that is possible."""

    stream: str
    way: str
    engine: str
    protocol: str
    """What the server calls such a viewer."""

    def __str__(self) -> str:
        return f"{self.stream}-{self.way}"


CASES: Final = (
    Case("h264", "mp4-ws", "mse", "ws-mp4"),
    Case("h264", "mp4-http", "mse", "http-mp4"),
    Case("fat", "mp4-video", "video", "http-mp4"),
    Case("h264", "flv-http", "mpegts.js", "http-flv"),
    Case("h264", "flv-ws", "mpegts.js", "ws-flv"),
    Case("h264", "ts-http", "mpegts.js", "http-ts"),
    Case("h264", "ts-ws", "mpegts.js", "ws-ts"),
    Case("h264", "hls-ll", "hls.js", "hls"),
    Case("h264", "hls", "hls.js", "hls"),
    Case("h264", "hls-ts", "hls.js", "hls"),
    Case("h264", "hls-video", "video", "hls"),
    Case("h264", "dash", "dash.js", "dash"),
    Case("h264-opus", "hls-ll", "hls.js", "hls"),
    Case("av1-opus", "hls-ll", "hls.js", "hls"),
    Case("av1-opus", "dash", "dash.js", "dash"),
    Case("h264-opus", "mp4-ws", "mse", "ws-mp4"),
    Case("h264-opus", "flv-http", "mpegts.js", "http-flv"),
    Case("h264-opus", "ts-ws", "mpegts.js", "ws-ts"),
    Case("av1-opus", "mp4-ws", "mse", "ws-mp4"),
    Case("av1-opus", "mp4-http", "mse", "http-mp4"),
    Case("av1-opus", "flv-ws", "mpegts.js", "ws-flv"),
)


@attrs.frozen
class Played:
    """What a page says of itself while it plays, and what the browser says of it."""

    about: dict[str, Any]
    figures: dict[str, str]
    protocols: list[str]
    """What the server has for viewers of it."""
    complaints: list[str]


@attrs.define
class Seen:
    """Everything."""

    engines: dict[str, str] = attrs.field(factory=dict)
    """That the installation has."""
    played: dict[Case, Played | Exception] = attrs.field(factory=dict)
    reasons: dict[str, dict[str, str]] = attrs.field(factory=dict)
    """By stream and way: why it cannot be played so; empty if it can."""
    states: dict[str, str] = attrs.field(factory=dict)
    """By what happened: what the page said."""
    focus: list[str] = attrs.field(factory=list)
    """Where one comes with the Tab key, in order."""
    live_region: str = ""
    republished: dict[str, Any] = attrs.field(factory=dict)
    """By way: what was played of another publisher under the same name."""
    without_engines: dict[str, str] = attrs.field(factory=dict)
    """What the page says where none are installed."""
    complaints: list[str] = attrs.field(factory=list)
    """Of the console, about pages on which nothing is wrong."""
    schemes: dict[str, str] = attrs.field(factory=dict)
    """The colour behind the page, in light and in dark."""
    overflow: dict[str, int] = attrs.field(factory=dict)
    """Pixels of the page that lie beside the screen, by its width."""
    codecs: dict[str, dict[str, list[str]]] = attrs.field(factory=dict)
    """By stream: the tracks as the page reads them from the init segment, and as the list has
    them."""
    failed: list[Exception] = attrs.field(factory=list)
    """What could not be seen."""


_ABOUT: Final = r"""(() => {
  const video = document.getElementById("video"), { buffered } = video;
  const ranges = [...Array(buffered.length).keys()]
    .map((i) => [buffered.start(i), buffered.end(i)]);
  const loaded = performance.getEntriesByType("resource")
    .map((each) => new URL(each.name).pathname);
  return {
    frames: video.getVideoPlaybackQuality().totalVideoFrames, at: video.currentTime, ranges,
    sound: video.webkitAudioDecodedByteCount, source: video.currentSrc.split(":")[0],
    engine: document.body.dataset.engine,
    vendors: loaded.filter((path) => /vendor\/.*js$/.test(path))
      .map((path) => path.split("/").at(-1)),
    parts: loaded.filter((path) => /-\d+\.\d+\.m4s$/.test(path)).length,
    error: video.error?.message ?? "", width: video.videoWidth, state: state.textContent,
  };
})()"""
_PLAYS: Final = "video.getVideoPlaybackQuality().totalVideoFrames >= {} && video.currentTime > {}"
_FIGURES: Final = """Object.fromEntries(
  ["start", "delay", "behind", "buffer", "dropped", "picture", "codecs"]
    .map((id) => [id, document.getElementById(id).textContent]))"""
_REASONS: Final = """Object.fromEntries([...document.querySelectorAll(".way input")].map((input) =>
  [input.value, input.disabled ? input.parentElement.querySelector("small").textContent : ""]))"""
_CODECS: Final = """(async (name) => {
  const { tracksOf } = await import("/players/mp4.js");
  const { fromAnswer } = await import("/players/segments.js");
  const { streams } = await (await fetch("streams.json")).json();
  const { tracks } = streams.find((stream) => stream.name === name);
  const read = await new Promise((resolve) => {
    const taken = (segment) => {
      stop();
      resolve(tracksOf(new DataView(segment.buffer)));
    };
    const stop = fromAnswer(`../${name}.mp4`, { taken, failed: resolve, ended: resolve });
  });
  const shown = (list, key) => list.map((track) => `${track.kind} ${track[key]}`).sort();
  return { read: shown(read, "codec"), told: shown(tracks, "codec_string") };
})("live/%s")"""
_TABS_MOST: Final = 20
_FOCUS: Final = """[...document.querySelectorAll("#streams button")]
  .find((button) => button.firstChild.textContent === "live/h264").focus()"""
_NO_ENGINES: Final = """
const fetchAll = window.fetch;
window.fetch = (url, ...more) => String(url).endsWith("engines.json")
  ? Promise.resolve(new Response("{}")) : fetchAll(url, ...more);
"""


class _Scene:
    """One server and its streams."""

    def __init__(self, server: Server, av1: Path) -> None:
        self.server, self.av1 = server, av1
        self.page_url = server.http_url("players/")
        self._protocols: dict[str, str] = {}
        self._plays: dict[str, set[str]] = {}

    def note(self, event: Event) -> None:
        """Something happened on the server."""
        if isinstance(event, SessionBegan):
            self._protocols[event.session] = event.protocol
        elif isinstance(event, PlayBegan):
            self._plays.setdefault(event.stream, set()).add(self._protocols[event.session])

    def protocols(self, stream: str) -> list[str]:
        """How a stream was asked for so far."""
        return sorted(self._plays.get(f"live/{stream}", ()))

    @asynccontextmanager
    async def publishing(self, name: str, source: Pattern | Path) -> AsyncIterator[None]:
        """Somebody publishes for as long as the block lasts."""

        async def publish() -> None:
            async with open_publisher(self.server.rtmp_url(f"live/{name}")) as publisher:
                if isinstance(source, Pattern):
                    await PatternPublish(source).run(publisher)
                else:
                    await FilePublish(source, PublishOptions(loop=True)).run(publisher)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(publish)
            yield
            nursery.cancel_scope.cancel()


@asynccontextmanager
async def _scene(folder: Path) -> AsyncIterator[_Scene]:
    av1 = folder / "av1.flv"
    await trio.run_process([FFMPEG, *_AV1, str(av1)], stdin=subprocess.DEVNULL, capture_stderr=True)
    async with serve(loads(_CONFIG)) as server, AsyncExitStack() as stack:
        scene = _Scene(server, av1)
        with server.bus.listening(scene.note):
            for name, (video, audio, kbps) in _STREAMS.items():
                pattern = Pattern.parse(video, audio, kbps=kbps)
                await stack.enter_async_context(scene.publishing(name, pattern))
            yield scene


async def see_all(folder: Path) -> Seen:
    """Look at everything. The browser's profile is in the folder."""
    seen, limit = Seen(), trio.CapacityLimiter(_AT_ONCE)
    async with _scene(folder) as scene, chromium(folder) as browser:
        async with browser.page() as page:
            await page.go(scene.page_url)
            seen.engines = await page.ask("fetch('vendor/engines.json').then((a) => a.json())")
        jobs = [
            *(partial(_play, case, seen) for case in CASES if _can(case, seen)),
            partial(_reasons, seen), partial(_ends, seen), partial(_republish, "mp4-ws", seen),
            partial(_keyboard, seen), partial(_no_engines, seen), partial(_looks, seen),
            partial(_av1_of_ffmpeg, seen), partial(_codec_strings, seen), partial(_paused, seen),
            *(partial(_same_again, way, seen) for way in AGAIN if _has(way, seen)),
            *(partial(_republish, way, seen) for way in OTHERS if _has(way, seen)),
            *(partial(_paused_segments, way, seen) for way in _PAUSED if _has(way, seen)),
        ]  # fmt: skip

        async def look(job: Any) -> None:
            async with limit, browser.page() as page:
                try:
                    await job(scene, page)
                except (PageError, ExceptionGroup) as error:  # told by a test
                    error.add_note(f"{job}: {await page.ask(_ABOUT)}")
                    seen.failed.append(error)

        async with trio.open_nursery() as nursery:
            for job in jobs:
                nursery.start_soon(look, job)
        await _shots(browser, scene)
    return seen


def _can(case: Case, seen: Seen) -> bool:
    return not case.engine.endswith(".js") or case.engine in seen.engines


def _has(way: str, seen: Seen) -> bool:
    return way.endswith("-video") or bool(seen.engines)  # all of them are installed, or none


async def _play(case: Case, seen: Seen, scene: _Scene, page: Page) -> None:
    try:
        await page.go(f"{scene.page_url}?stream=live/{case.stream}&way={case.way}")
        await page.until(_PLAYS.format(5, 0))
        first = await page.ask(_ABOUT)
        await page.until(_PLAYS.format(first["frames"] + 5, first["at"]))
        figures = await page.until(f"(({_FIGURES}).delay !== '-') && ({_FIGURES})")
        seen.played[case] = Played(
            await page.ask(_ABOUT), figures, scene.protocols(case.stream), page.complaints()
        )
    except PageError as error:  # told by the test of that case
        error.add_note(str(await page.ask(_ABOUT)))
        seen.played[case] = error


async def _reasons(seen: Seen, scene: _Scene, page: Page) -> None:
    for stream in ("hevc", "av1-opus", "h264"):
        await page.go(f"{scene.page_url}?stream=live/{stream}")
        await page.until(f"document.querySelector('[aria-current=true]') && ({_REASONS})")
        seen.reasons[stream] = await page.ask(_REASONS)
        seen.states[stream] = await page.ask("state.textContent")


async def _ends(seen: Seen, scene: _Scene, page: Page) -> None:
    await page.go(f"{scene.page_url}?stream=live/nobody&way=mp4-ws")
    await page.until("state.classList.contains('failed')")
    seen.states["missing"] = await page.ask("state.textContent")
    for way in ("mp4-video", "hls-video", *(("flv-ws", "hls", "dash") if seen.engines else ())):
        await page.go(f"{scene.page_url}?stream=live/nobody&way={way}")
        await page.until("state.classList.contains('failed')")
        seen.states[f"missing {way}"] = await page.ask("state.textContent")
    for way in ("mp4-ws", *(("hls-ll", "dash") if seen.engines else ())):
        async with scene.publishing("short", Pattern.parse("h264:320x180@25")):
            await page.go(f"{scene.page_url}?stream=live/short&way={way}")
            await page.until(_PLAYS.format(5, 0))
        await page.until("state.textContent.includes('ended')")
        seen.states[f"ended {way}"] = await page.ask("state.textContent")


async def _republish(way: str, seen: Seen, scene: _Scene, page: Page) -> None:
    """H.264 and AAC, and then AV1 and Opus under the same name."""
    name = f"other-{way}"
    async with scene.publishing(name, Pattern.parse("h264:160x90@25")):
        await page.go(f"{scene.page_url}?stream=live/{name}&way={way}")
        await page.until(_PLAYS.format(5, 0))
    async with scene.publishing(name, Pattern.parse("av1", "opus")):
        await page.until("video.videoWidth === 320 && codecs.textContent.includes('av01')")
        at = await page.ask("video.currentTime")
        await page.until(_PLAYS.format(5, at))
        seen.republished[f"other {way}"] = await page.ask(_ABOUT)


async def _same_again(way: str, seen: Seen, scene: _Scene, page: Page) -> None:
    """The same publisher once more, whose clock begins anew."""
    name, pattern = f"same-{way}", Pattern.parse("h264:320x180@25")
    async with scene.publishing(name, attrs.evolve(pattern, start_ms=_AN_HOUR_MS)):
        await page.go(f"{scene.page_url}?stream=live/{name}&way={way}")
        await page.until(_PLAYS.format(40, 1))
    at = await page.ask("video.buffered.end(video.buffered.length - 1)")
    async with scene.publishing(name, pattern):
        await page.until(_PLAYS.format(60, at + 1))
        seen.republished[way] = await page.ask(_ABOUT)


async def _paused(seen: Seen, scene: _Scene, page: Page) -> None:
    """For longer than the browser has room for."""
    async with scene.publishing("heavy", Pattern.parse("h264:320x180@25", kbps=_HEAVY_KBPS)):
        await page.go(f"{scene.page_url}?stream=live/heavy&way=mp4-ws")
        await page.until(_PLAYS.format(5, 0))
        at = await page.ask("video.pause(), video.currentTime")
        await trio.sleep(2 * ROOM_MB * 8000 / _HEAVY_KBPS)
        await page.ask("video.play()")
        await page.until(_PLAYS.format(5, at + 2))
        seen.states["paused"] = await page.ask("state.textContent")


async def _paused_segments(way: str, seen: Seen, scene: _Scene, page: Page) -> None:
    """For longer than a segment."""
    await page.go(f"{scene.page_url}?stream=live/h264&way={way}")
    await page.until(_PLAYS.format(5, 0))
    at = await page.ask("video.pause(), video.currentTime")
    await trio.sleep(4)
    await page.ask("video.play()")
    await page.until(_PLAYS.format(5, at + 2))
    seen.states[f"paused {way}"] = await page.ask("state.textContent")


async def _keyboard(seen: Seen, scene: _Scene, page: Page) -> None:
    await page.go(scene.page_url)
    await page.until("document.querySelectorAll('#streams button').length >= 5")
    for _ in range(_TABS_MOST):  # streams of the scenes before may still be listed
        await page.press("Tab")
        focused = "(document.activeElement.id || document.activeElement.innerText).split('\\n')[0]"
        seen.focus.append(await page.ask(focused))
        if seen.focus[-1] == "video":
            break
    await page.ask(_FOCUS)
    await page.press("Enter")
    await page.until(_PLAYS.format(5, 0))
    await trio.sleep(2.2)  # the list has been asked for anew
    seen.states["by keyboard"] = await page.ask("document.activeElement.innerText.split('\\n')[0]")
    seen.live_region = await page.ask("`${state.getAttribute('aria-live')}: ${state.textContent}`")
    seen.complaints += page.complaints()


async def _no_engines(seen: Seen, scene: _Scene, page: Page) -> None:
    await page.call("Page.addScriptToEvaluateOnNewDocument", source=_NO_ENGINES)
    await page.go(f"{scene.page_url}?stream=live/h264&way=flv-ws")
    await page.until(_PLAYS.format(5, 0))
    seen.without_engines = {
        "note": await page.ask("missing.hidden ? '' : missing.textContent"),
        "engine": await page.ask("document.body.dataset.engine"),
        **await page.ask(_REASONS),
    }
    seen.complaints += page.complaints()


async def _av1_of_ffmpeg(seen: Seen, scene: _Scene, page: Page) -> None:
    """With colour metadata in packets of its own."""
    name = "ffmpeg-av1"
    async with scene.publishing(name, scene.av1):
        await page.go(f"{scene.page_url}?stream=live/{name}&way=mp4-ws")
        await page.until(_PLAYS.format(5, 0))
        if "mpegts.js" in seen.engines:
            await page.go(f"{scene.page_url}?stream=live/{name}&way=flv-http")
            await page.until("state.classList.contains('failed')")
            seen.states[name] = await page.ask("state.textContent")
            seen.states["remark"] = await page.ask(
                "document.getElementById('why-flv-http').textContent"
            )


async def _codec_strings(seen: Seen, scene: _Scene, page: Page) -> None:
    await page.go(scene.page_url)
    for stream in _STREAMS:
        seen.codecs[stream] = await page.ask(_CODECS % stream)


async def _looks(seen: Seen, scene: _Scene, page: Page) -> None:
    await page.go(scene.page_url)
    for dark in (False, True):
        await page.look(width=1280, height=860, dark=dark)
        colour = await page.ask("getComputedStyle(document.body).backgroundColor")
        seen.schemes["dark" if dark else "light"] = colour
    for width in (320, 390, 800, 1280):
        await page.look(width=width, height=800, dark=False, phone=width < 500)
        seen.overflow[str(width)] = await page.ask(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


async def _shots(browser: Chromium, scene: _Scene) -> None:
    """Pictures for people, if somebody wants some."""
    if SCREENSHOTS is None:
        return
    folder = Path(SCREENSHOTS)
    await trio.Path(folder).mkdir(parents=True, exist_ok=True)
    async with browser.page() as page:
        await page.look(width=1280, height=860, dark=False)
        await page.go(f"{scene.page_url}?stream=live/fat&way=mp4-ws")
        await page.until(_PLAYS.format(150, 0))
        for dark in (False, True):
            name = "dark" if dark else "light"
            await page.look(width=1280, height=860, dark=dark)
            await page.shot(folder / f"desk-{name}.png")
            await page.look(width=390, height=844, dark=dark, phone=True)
            await page.shot(folder / f"phone-{name}.png")
        await page.go(f"{scene.page_url}?stream=live/hevc")
        await page.until("state.classList.contains('failed')")
        await page.shot(folder / "phone-not-possible.png")
