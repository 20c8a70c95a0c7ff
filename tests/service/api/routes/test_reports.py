"""Reports and verdicts over HTTP."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest
import trio

from tests.service.api.site import Site
from tests.service.rtmp.house import FAST, House
from trio_srs.hub.settings import InspectLevel
from trio_srs.media.plain import plain
from trio_srs.media.report import StreamReport
from trio_srs.service.api.request_bodies import BODY_MOST

STREAM = "/api/v2/streams/live/a"


@pytest.fixture
async def house(nursery: trio.Nursery) -> House:
    """An RTMP service that looks at everything."""
    settings = attrs.evolve(FAST, inspect=InspectLevel.FULL)
    house: House = await nursery.start(House(settings=settings).run)
    return house


async def expect(site: Site, **body: Any) -> tuple[int, Any]:
    return await site.ask("POST", f"{STREAM}/expect", json=body)


async def test_a_report_is_exact_while_the_publish_goes_on(site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await site.get(f"{STREAM}/report")
    assert status == 200
    assert (said["stream"], said["session"], said["end"]) == ("live/a", "c1", None)
    assert said["facts"]["level"] == "full"
    [track] = said["facts"]["tracks"]
    assert (track["kind"], track["frames"]) == ("video", 1)
    assert [step["what"] for step in said["timeline"]][-2:] == ["first_media", "first_keyframe"]
    peer.close()


async def test_a_report_is_whole_after_the_end(site: Site) -> None:
    peer = await site.house.publisher("a")
    peer.close()
    await site.house.end_of(peer)
    _, said = await site.get(f"{STREAM}/report", params={"trace": "true"})
    report = site.house.reports.find("live/a")
    assert said == plain(report)
    assert said["end"] == "peer_fin"
    assert len(said["trace"]["timestamp_ms"]) == 1


async def test_frames_are_left_out_unless_they_are_asked_for(site: Site) -> None:
    peer = await site.house.publisher("a")
    _, without = await site.get(f"{STREAM}/report")
    assert (without["trace"]["complete"], without["trace"]["size"]) == (False, [])
    _, whole = await site.get(f"{STREAM}/report", params={"trace": 1})
    assert (whole["trace"]["complete"], len(whole["trace"]["size"])) == (True, 1)
    peer.close()


async def test_every_publish_is_reported(site: Site) -> None:
    for _ in range(2):
        peer = await site.house.publisher("a")
        peer.close()
        await site.house.end_of(peer)
    _, said = await site.get(f"{STREAM}/reports")
    assert [report["session"] for report in said["reports"]] == ["c1", "c2"]
    assert all(not report["trace"]["size"] for report in said["reports"])
    _, said = await site.get(f"{STREAM}/reports", params={"trace": 1})
    assert all(len(report["trace"]["size"]) == 1 for report in said["reports"])


@pytest.mark.parametrize("part", ["report", "reports"])
async def test_what_was_never_published_has_no_report(site: Site, part: str) -> None:
    status, said = await site.get(f"{STREAM}/{part}")
    assert (status, said["code"], said["where"]) == (404, "unknown_stream", "path")
    assert said["message"] == "nobody has published live/a"


# --------------------------------------------------------------------- judging


async def test_rules_may_ask_for_a_healthy_stream_and_name_others(site: Site) -> None:
    peer, other = await site.house.publisher("a"), await site.house.publisher("b")
    rules = ["healthy but stall off and keyframes <= 4 s", "live/b: video.frames == 1"]
    rules += ["live/a, live/b: apart.frames == 0", "live/c: video.frames == 1"]
    status, said = await expect(site, rules=rules)
    assert status == 200
    verdicts = {each["rule"]: each["met"] for each in said["verdicts"]}
    assert verdicts["healthy.keyframes <= 4 s"]
    assert "healthy.stall <= 3 s" not in verdicts
    assert verdicts["live/b: video.frames == 1 frames"]
    assert verdicts["live/a, live/b: apart.frames == 0 frames"]
    assert not verdicts["live/c: video.frames == 1 frames"]
    peer.close()
    other.close()


async def test_a_stream_is_judged_by_rules_of_both_forms(site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await expect(
        site, rules=["video.codec == h264", "end.reason absent"], table={"video": {"frames": 1}}
    )
    assert status == 200
    assert (said["met"], said["stream"], said["session"], said["end"]) == (
        *(True, "live/a", "c1"),
        None,
    )
    assert [v["rule"] for v in said["verdicts"]] == [
        "video.codec == h264",
        "end.reason absent",
        "video.frames == 1 frames",
    ]
    assert all(verdict["met"] for verdict in said["verdicts"])
    peer.close()


async def test_a_stream_that_is_not_as_expected_is_answered_as_well(site: Site) -> None:
    peer = await site.house.publisher("a")
    status, said = await expect(site, rules=["video.codec == hevc", "video.frames == 1"])
    assert (status, said["met"]) == (200, False)
    one, two = said["verdicts"]
    assert (one["met"], two["met"]) == (False, True)
    assert one["expected"] == "hevc"
    assert "h264" in one["seen"]
    assert one["message"].startswith("video.codec: expected hevc")
    peer.close()


async def test_a_publisher_is_judged_by_its_source(site: Site) -> None:
    peers = [await site.house.publisher("a"), await site.house.publisher("in")]
    rules = ["source.video.frames == 1"]
    _, said = await expect(site, rules=rules, source="live/in")
    assert said["met"]
    _, said = await expect(site, rules=rules)
    assert not said["met"]
    status, said = await expect(site, rules=rules, source="live/none")
    assert (status, said["code"], said["where"]) == (404, "unknown_stream", "body.source")
    for peer in peers:
        peer.close()


async def test_earlier_publishes_are_evidence_too(site: Site) -> None:
    for _ in range(2):
        peer = await site.house.publisher("a")
        peer.close()
        await site.house.end_of(peer)
    _, said = await expect(site, rules=["reconnect.seconds <= 60"])
    assert said["met"], said


async def test_the_present_publish_is_not_earlier_than_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when two reports of it differ, as they do while it is silent."""
    peer = await site.house.publisher("a")
    [publish_record] = site.house.reports.publish_records("live/a")
    report, count = publish_record.report(), itertools.count()

    def differing() -> StreamReport:
        return attrs.evolve(report, end_detail=str(next(count)))

    monkeypatch.setattr(publish_record, "report", differing)
    _, said = await expect(site, rules=["reconnect.seconds absent"])
    assert said["met"], said
    peer.close()


BAD: dict[str, tuple[Any, str, str]] = {
    "no rules": ({}, "bad_rule", "body"),
    "a bad rule": ({"rules": ["video.frames == 1", "no.such == 1"]}, "bad_rule", "body.rules[1]"),
    "a bad table": ({"table": {"video": {"nothing": 1}}}, "bad_rule", "body.table"),
    "a file": ({"rules": ["digest == /etc/passwd"]}, "bad_rule", "body.rules[0]"),
    "a file in a table": ({"table": {"digest": "golden.flv"}}, "bad_rule", "body.table"),
    "another key": ({"rule": ["video.frames == 1"]}, "bad_request", "body"),
    "another type": ({"rules": "video.frames == 1"}, "bad_request", "body.rules"),
    "another type inside": ({"rules": [1]}, "bad_request", "body.rules[0]"),
    "no object": ([], "bad_request", "body"),
    "a bad source": (
        {"rules": ["video.frames == 1"], "source": "x"},
        "bad_stream_name",
        "body.source",
    ),
}


@pytest.mark.parametrize(("body", "code", "where"), BAD.values(), ids=BAD)
async def test_rules_that_cannot_be_read_are_refused_with_their_place(
    site: Site, body: Any, code: str, where: str
) -> None:
    peer = await site.house.publisher("a")
    status, said = await site.ask("POST", f"{STREAM}/expect", json=body)
    assert (status, said["code"], said["where"]) == (400, code, where)
    peer.close()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"{", 400, "bad_request"),
        (b"\xff", 400, "bad_request"),
        (b'{"table":' + b'{"a":' * 100_000, 400, "bad_request"),
        (b'{"table":' + b'{"a":' * 900 + b"1" + b"}" * 901, 400, "bad_r"),
        (b" " * (BODY_MOST + 1), 413, "body_too_large"),
    ],
    ids=["empty", "cut off", "not UTF-8", "endlessly deep", "deep", "large"],
)
async def test_a_body_that_is_none_is_refused(
    site: Site, content: bytes, status: int, code: str
) -> None:
    answer = await site.client.post(f"{STREAM}/expect", content=content)
    assert answer.status_code == status
    assert answer.json()["code"].startswith(code)
    assert answer.json()["where"].startswith("body")


async def test_rules_for_what_was_never_published_have_nothing_to_judge(site: Site) -> None:
    status, said = await expect(site, rules=["video.frames == 1"])
    assert (status, said["code"]) == (404, "unknown_stream")
