"""The page is one file that needs nothing else, and shows what peers say as text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import attrs

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, NASTY, absent, judged, seen
from trio_srs.tools.verdicts.outcome import SeenPicture
from trio_srs.tools.verdicts.page import page

VOID = {"meta", "br", "img"}


class _Reader(HTMLParser):
    """Notes tags, and what would be loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += (f"{name}={value}" for name, value in attrs if name in ("src", "href"))


def read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader


def test_the_page_has_verdicts_plots_and_facts_and_loads_nothing() -> None:
    outcome = judged(
        "video.codec == h264", "timestamps.monotonic", defects=("regression@30:100",),
        program=FAILED_PROGRAM, source=seen(stream="source/a"), earlier=(seen(),),
        remarks=("judged the second publish",),
    )  # fmt: skip
    text = page(outcome)
    found = read(text)
    assert found.loads == []
    assert not {"script", "link", "img", "iframe", "object"} & {*found.tags}
    assert found.tags.count("svg") == 15
    assert not re.search(r"url\(|@import", text)
    assert "<title>live/a: 2 of 4 not met</title>" in text
    assert '<tr class="failed"><td>✗<td>timestamps.monotonic == true<td>false; first at' in text
    assert '<tr class="ok"><td>✓<td>video.codec == h264<td>h264' in text
    for words in ("judged the second publish", "Its source", "Publish 1 of the same name",
                  "<code>ffmpeg -i &#x27;a b&#x27;</code>", "320x240"):  # fmt: skip
        assert words in text


def test_a_page_can_say_that_all_is_well() -> None:
    assert "<h1>live/a: as expected</h1>" in page(judged("video.codec == h264"))


def test_a_page_without_a_stream_says_why() -> None:
    text = page(absent("video.codec == h264"))
    assert "nothing came within 10 s<br>live/b was published" in text
    assert read(text).tags.count("svg") == 0
    assert '<tr class="skipped"><td>?<td>video.codec == h264' in text


def test_nothing_that_a_peer_says_is_markup() -> None:
    report = seen()
    facts = attrs.evolve(report.facts, metadata={NASTY: NASTY}, tracks=())
    report = attrs.evolve(report, stream=NASTY, facts=facts, peer=NASTY, end_detail=NASTY)
    text = page(judged(report=report, target=NASTY, program=FAILED_PROGRAM, remarks=(NASTY,)))
    assert "<a&b>" not in text
    assert "&lt;a&amp;b&gt;" in text
    assert "\x1b" not in text


def test_a_trace_that_was_cut_off_is_said() -> None:
    report = seen()
    cut = attrs.evolve(report, trace=attrs.evolve(report.trace, complete=False))
    assert f"The plots are of the first {len(report.trace)} frames." in page(judged(report=cut))


def test_pictures_that_were_decoded_are_in_the_page_itself() -> None:
    pictures = (
        SeenPicture(title="frame 3", jpeg=b"\xff\xd8", reference=b"\xff\xd9", rule="ssim <b>"),
        SeenPicture(title="frame 0", jpeg=b"\xff\xd8"),
    )
    text = page(attrs.evolve(judged("video.codec == h264"), pictures=pictures))
    assert text.count("<img ") == 3
    assert "ssim &lt;b&gt;: frame 3" in text
    assert all(load.startswith("src=data:image/jpeg;base64,") for load in read(text).loads)
