"""Manifests as text: what is said, and that nothing more is."""

from __future__ import annotations

import attrs

from tests.wire.dash.manifests import FULL
from trio_srs.wire.dash.manifest import Manifest
from trio_srs.wire.dash.manifest_reader import read_manifest


def test_the_letter_of_a_live_manifest() -> None:
    lines = [line.strip() for line in FULL.write().splitlines()]
    assert lines[0] == '<?xml version="1.0" encoding="UTF-8"?>'
    assert lines[1] == (
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:'
        'profile:isoff-live:2011,http://www.dashif.org/guidelines/low-latency-live-v5" '
        'type="dynamic" availabilityStartTime="2026-11-30T00:53:20.123Z" '
        'publishTime="2026-11-30T00:55:00.000Z" minimumUpdatePeriod="PT1S" minBufferTime="PT2S" '
        'timeShiftBufferDepth="PT30S" '
        'suggestedPresentationDelay="PT6S" maxSegmentDuration="PT2.4S">'
    )
    assert lines[2:7] == [
        "<Location>a&amp;b.dash/manifest.mpd</Location>",
        '<ServiceDescription id="0">',
        '<Latency target="2000" referenceId="3"/>',
        "</ServiceDescription>",
        '<Period id="7" start="PT60.5S" duration="PT9.25S">',
    ]
    assert '<S t="90000" d="180000" r="2"/>' in lines
    assert '<S d="90000"/>' in lines, "it begins where the one before ends"
    assert '<UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="/now"/>' in lines
    assert lines[-1] == "</MPD>"


def test_what_is_over_is_static_and_has_a_length() -> None:
    text = Manifest(is_dynamic=False, min_buffer_s=2.0, duration_s=9.5).write()
    assert 'type="static" mediaPresentationDuration="PT9.5S" minBufferTime="PT2S">' in text
    assert "Time=" not in text.replace("minBufferTime=", "")


def test_what_is_not_known_is_not_said() -> None:
    period = FULL.periods[0]
    sound = attrs.evolve(
        period.sets[1].representations[0], channels=0, sample_rate=0, codecs="ac-3"
    )
    bare = attrs.evolve(period.sets[1], representations=(sound,))
    period = attrs.evolve(period, duration_s=None, sets=(bare,))
    text = attrs.evolve(FULL, latency=None, location="", periods=(period,)).write()
    for name in (" width", "frameRate", "AudioChannel", "SAP", "Location", "Service", "Producer"):
        assert name not in text
    assert '<Period id="7" start="PT60.5S">' in text


def test_sound_says_its_language_and_what_it_is_called() -> None:
    period = FULL.periods[0]
    sound = attrs.evolve(
        period.sets[1], language="de", label="Ton & Bild", is_main=False, references=()
    )
    made = attrs.evolve(FULL, periods=(attrs.evolve(period, sets=(sound,)),))
    lines = [line.strip() for line in made.write().splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("<AdaptationSet"))
    assert 'lang="de"' in lines[first]
    assert lines[first + 1 : first + 3] == [
        "<Label>Ton &amp; Bild</Label>",
        '<Role schemeIdUri="urn:mpeg:dash:role:2011" value="alternate"/>',
    ]
    assert read_manifest(made.write()) == made
