"""Whatever is known can be written as JSON."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest

from tests.media.test_report import REPORT
from trio_srs.errors import EndReason
from trio_srs.media.plain import plain
from trio_srs.media.probe import StreamProbe
from trio_srs.testing.streams import Pattern
from trio_srs.wire.amf.values import UNDEFINED, AmfDate, EcmaArray, MixedArray, Value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (5, 5),
        (2.5, 2.5),
        (math.inf, "inf"),
        ("cam", "cam"),
        (Fraction(30000, 1001), "30000/1001"),
        (b"\x01\xff", "01ff"),
        (EndReason.PEER_FIN, "peer_fin"),
        (UNDEFINED, "undefined"),
        ((1, [2]), [1, [2]]),
        (EcmaArray({"a": 1.0}), {"a": 1.0}),
        (AmfDate(5.0), {"ms": 5.0, "tz_minutes": 0}),
        (MixedArray([1], {"b": None}), {"dense": [1], "named": {"b": None}}),
        (object(), "<object>"),
    ],
)
def test_a_value_becomes_plain(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_a_value_inside_itself_comes_to_an_end() -> None:
    value: dict[str, Value] = {}
    value["again"] = value
    assert plain(value, 2) == {"again": {"again": "<dict>"}}
    assert plain([1], 0) == "<list>"
    assert plain(AmfDate(0.0), 0) == "<AmfDate>"


def test_a_report_is_found_under_the_names_of_its_attributes() -> None:
    found = json.loads(json.dumps(plain(REPORT)))
    assert found["timeline"][1] == {"at_s": 1.5, "what": "stall", "detail": "1 s"}
    assert (found["end"], found["trace"]["complete"]) == (None, True)


def test_facts_are_found_likewise() -> None:
    probe = StreamProbe()
    for message in Pattern(seconds=1.0):
        probe.see(message)
    facts = json.loads(json.dumps(plain(probe.facts())))
    assert facts["tracks"][0]["video"]["nominal_fps"] == "25/1"
    assert facts["metadata"]["encoder"] == "trio-srs pattern"
