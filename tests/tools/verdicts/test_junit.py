"""JUnit XML has a case for each expectation, and is XML whatever peers say."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.tools.verdicts.outcomes import FAILED_PROGRAM, NASTY, absent, judged
from trio_srs.tools.verdicts.junit import junit_xml
from trio_srs.tools.verdicts.outcome import Outcome


def parsed(outcome: Outcome) -> ET.Element:
    return ET.fromstring(junit_xml(outcome))


def test_every_expectation_is_a_case() -> None:
    root = parsed(judged("video.codec == h264", "audio.codec == opus", program=FAILED_PROGRAM))
    [suite] = root
    assert suite.attrib | root.attrib == {
        "name": "trio-srs expect", "timestamp": "2023-11-14T22:13:20+00:00",
        "tests": "4", "failures": "1", "errors": "1", "skipped": "0", "time": "3.250",
    }  # fmt: skip
    assert suite.get("name") == "live/a"
    cases = suite.findall("testcase")
    assert [(case.get("name"), [child.tag for child in case]) for case in cases] == [
        ("live/a comes", []),
        ("video.codec == h264", []),
        ("audio.codec == opus", ["failure"]),
        ("ffmpeg succeeds", ["error"]),
    ]
    failure = cases[2].find("failure")
    assert failure is not None
    assert failure.get("type") == "not met"
    assert "expected opus, seen: aac" in (failure.get("message") or "")


def test_what_the_command_and_the_stream_were_is_kept() -> None:
    [suite] = parsed(judged(program=FAILED_PROGRAM))
    out, err = suite.findtext("system-out"), suite.findtext("system-err")
    assert out is not None
    assert err is not None
    assert "  codec               h264, avc1" in out
    assert err.startswith("first\n")


def test_without_a_stream_the_rules_are_skipped() -> None:
    [suite] = parsed(absent("video.codec == h264"))
    stream, rule = suite.findall("testcase")
    error = stream.find("error")
    assert error is not None
    assert error.attrib == {"message": "nothing came within 10 s", "type": "no stream"}
    assert error.text == "nothing came within 10 s\nlive/b was published"
    assert rule.find("skipped") is not None
    assert suite.get("skipped") == "1"


def test_it_is_xml_whatever_peers_say() -> None:
    [suite] = parsed(absent(target=NASTY, absence=NASTY, happened=(NASTY,)))
    assert suite.get("name") == "live/<a&b>\\x1b[1m\\ufffe|\"'\\n#%,:"
