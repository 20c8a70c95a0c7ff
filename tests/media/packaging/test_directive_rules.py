"""Each rule of delivery directives finds its fault, and only that."""

from __future__ import annotations

import re
from typing import Final

import attrs
import pytest

from tests.media.packaging.faults import Twin, added, check_twin
from tests.media.packaging.viewings import FOLDER, broken, sound_viewing
from trio_srs.media.packaging.directive_rules import DIRECTIVE_RULES
from trio_srs.media.packaging.fetched import Fetched

OTHER: Final = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1\na\n"
VIDEO: Final = f"{FOLDER}video.m3u8"


def lists(fetched: list[Fetched]) -> list[Fetched]:
    return [each for each in fetched if each.url == VIDEO]


def last(fetched: list[Fetched], query: str, **said: object) -> Fetched:
    """The newest playlist again, asked for otherwise."""
    return attrs.evolve(lists(fetched)[-1], url=f"{VIDEO}?{query}", **said)  # type: ignore[arg-type]  # by name


def skipped(fetched: list[Fetched], count: int) -> bytes:
    """The newest playlist without its first segments."""
    text = lists(fetched)[-1].body.decode()
    head, rest = re.split(r"(?=^#EXT-X-MAP)", text, maxsplit=1, flags=re.MULTILINE)
    places = [found.end() for found in re.finditer(r"^video-.*\n", rest, re.MULTILINE)]
    head = head.replace("VERSION:6", "VERSION:9")
    return f"{head}#EXT-X-SKIP:SKIPPED-SEGMENTS={count}\n{rest[places[count - 1] :]}".encode()


TWINS: Final = {
    "a_held_playlist_has_what_was_asked_for": Twin(
        "low", added(lambda fetched: last(fetched, "_HLS_msn=104&_HLS_part=0"))
    ),
    "old_numbers_are_answered": Twin(
        "low", added(lambda fetched: last(fetched, "_HLS_msn=100", status=400, body=b""))
    ),
    "a_part_without_a_number_is_refused": Twin(
        "low", added(lambda fetched: last(fetched, "_HLS_part=0"))
    ),
    "far_numbers_are_refused_at_once": Twin(
        "low", added(lambda fetched: last(fetched, "_HLS_msn=107", status=503, body=b""))
    ),
    "held_requests_are_let_go": Twin(
        "low",
        added(
            lambda fetched: last(fetched, "_HLS_msn=103", asked_at_s=lists(fetched)[-1].at_s - 4.1)
        ),
    ),
    "delta_updates_are_asked_for": Twin(
        "long", added(lambda fetched: last(fetched, "", body=skipped(fetched, 3)))
    ),
    "delta_updates_skip_only_what_is_old": Twin(
        "long", added(lambda fetched: last(fetched, "_HLS_skip=YES", body=skipped(fetched, 4)))
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in DIRECTIVE_RULES]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("_HLS_msn=103", {}),
        ("_HLS_msn=103&_HLS_part=2", {}),
        ("_HLS_msn=102&_HLS_part=3", {}),  # of segment 103 the first
        ("_HLS_msn=x&_HLS_part=3", {}),
        ("_HLS_msn=107", {"status": 400, "body": b""}),
        ("_HLS_part=0", {"status": 400, "body": b""}),
        ("_HLS_msn=104", {"status": 503, "body": b""}),
        ("_HLS_msn=104", {"body": OTHER}),
        ("_HLS_skip=YES", {}),
    ],
)
def test_what_is_lawful_is_let_pass(query: str, said: dict[str, object]) -> None:
    fetched = sound_viewing("low")
    assert broken([*fetched, last(fetched, query, **said)]) == set()


def test_a_delta_update_of_what_is_old_is_lawful() -> None:
    fetched = sound_viewing("long")
    assert broken([*fetched, last(fetched, "_HLS_skip=YES", body=skipped(fetched, 3))]) == set()


def test_a_playlist_that_has_ended_has_all_there_is() -> None:
    fetched = sound_viewing("low")
    body = lists(fetched)[-1].body + b"#EXT-X-ENDLIST\n"
    assert broken([*fetched, last(fetched, "_HLS_msn=105", body=body)]) == set()
