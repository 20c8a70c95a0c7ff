"""Every fuzz target can be imported, and holds for what it starts from."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS

WIRE = Path(__file__).parents[2] / "trio_srs" / "wire"


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_its_seeds(name: str) -> None:
    target = TARGETS[name]
    check, seeds = target.load(), target.seeds()
    assert seeds
    for seed in [b"", *seeds]:
        check(seed)


@pytest.mark.parametrize("name", sorted(TARGETS.keys() - {"chunks-oracle"}))
def test_a_target_holds_for_seeds_with_a_byte_changed_or_cut_off(name: str) -> None:
    target, rng = TARGETS[name], random.Random(name)
    check = target.load()
    for seed in filter(None, target.seeds()):
        at = rng.randrange(len(seed))
        check(seed[:at])
        check(seed[:at] + bytes((rng.randrange(256),)) + seed[at + 1 :])


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_watches_modules_that_there_are(name: str) -> None:
    for part in TARGETS[name].watches:
        path = WIRE.joinpath(*part.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file()
