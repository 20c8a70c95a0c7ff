"""All tests of a run on one page, those that failed first, and nothing of theirs is markup."""

from __future__ import annotations

from html.parser import HTMLParser

from trio_srs.tools.verdicts.outcome import Status
from trio_srs.tools.verdicts.run_page import RunCase, SeenPublish, run_page

MET = RunCase(name="test_a.py::test_<it>", status=Status.MET, seconds=0.5)
FAILED = RunCase(
    name="test_b.py::test_two",
    status=Status.FAILED,
    seconds=1.25,
    message="live/a: video.fps is 24 & not 25",
    publishes=(SeenPublish(stream="live/a", summary="h264 320x180", end="ended: peer_fin"),),
    files=("kept/a b/report-live_a-1.json",),
)
SKIPPED = RunCase(name="test_c.py::test_three", status=Status.SKIPPED, seconds=0, message="no vlc")


class Rows(HTMLParser):
    """The rows of the table as text, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str | None, str]] = []
        self.links: list[str | None] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append((dict(attrs).get("class"), ""))
        elif tag == "a":
            self.links.append(dict(attrs)["href"])
        elif tag in ("td", "br"):
            self.handle_data("|" if tag == "td" else "\n")

    def handle_data(self, data: str) -> None:
        if self.rows:
            kind, text = self.rows[-1]
            self.rows[-1] = kind, text + data


def read(page: str) -> Rows:
    rows = Rows()
    rows.feed(page)
    return rows


def test_each_test_has_a_row_and_those_that_failed_are_first() -> None:
    page = run_page("project", [MET, SKIPPED, FAILED], 0.0)
    rows = read(page)
    assert "<h1>project: 1 of 3 failed</h1>" in page
    assert [kind for kind, _ in rows.rows] == [None, "failed", "ok", "skipped"]
    assert rows.rows[1][1].strip() == (
        "|✗|test_b.py::test_two\nlive/a: video.fps is 24 & not 25"
        "|live/a: h264 320x180; ended: peer_fin|report-live_a-1.json|1.25"
    )
    assert rows.rows[2][1].strip() == "|✓|test_a.py::test_<it>|||0.50"
    assert rows.links == ["kept/a%20b/report-live_a-1.json"]
    assert "1970-01-01 00:00:00 UTC" in page
    assert not {"script", "link", "img", "it"} & rows.tags


def test_a_run_without_failures_says_so() -> None:
    assert "<h1>project: 1 as expected</h1>" in run_page("project", [MET], 0.0)
