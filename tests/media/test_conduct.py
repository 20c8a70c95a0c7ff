"""What is said of an encoder's conduct, before anything is known."""

from __future__ import annotations

from trio_srs.media.conduct import Conduct, Oddity, Step, StepKind


def test_nothing_is_known_of_a_conduct_that_nobody_saw() -> None:
    conduct = Conduct()
    assert (conduct.handshake, conduct.chunk_sizes, conduct.oddities) == (None, (), ())


def test_an_oddity_was_seen_once_and_nobody_knows_where() -> None:
    assert (Oddity(code="odd").count, Oddity(code="odd").offset) == (1, None)


def test_a_step_is_a_word_and_a_time() -> None:
    step = Step(at_s=0.5, what=StepKind.PUBLISH)
    assert (step.what, step.detail) == ("publish", "")
