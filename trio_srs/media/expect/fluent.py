"""Expectations in Python. Floor 1.

::

    expect(report).video(codec="h264", size=(1280, 720), fps=approx(25, 0.5)).audio(
        sample_rate=48000
    ).timestamps(monotonic=True)

Each call judges at once and raises if anything is not met. In a ``with`` block all calls are
judged together, so that one error tells everything. What asks nothing is refused: it would be met
by any stream.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeAlias, Unpack

from trio_srs.errors import PeerError
from trio_srs.media.expect.conditions import Expected
from trio_srs.media.expect.evidence import Evidence
from trio_srs.media.expect.health import healthy_rules
from trio_srs.media.expect.judge import Verdict, judge
from trio_srs.media.expect.operators import Operator
from trio_srs.media.expect.rule import Rule
from trio_srs.media.expect.rule_error import RuleError
from trio_srs.media.expect.rule_lines import parse_rules
from trio_srs.media.expect.rule_table import rules_from_table
from trio_srs.media.expect.rule_values import rules_about
from trio_srs.media.expect.subjects import SUBJECTS
from trio_srs.media.reconnect_facts import Reconnect
from trio_srs.media.report import StreamReport

if TYPE_CHECKING:  # for type checkers: half a thousand names that would be made for nothing
    from trio_srs.media.expect import keywords, source_keywords

__all__ = ["FRONTS", "Expectation", "ExpectationError", "expect"]


Prepare: TypeAlias = Callable[[Evidence, Sequence[Rule]], Evidence]


class ExpectationError(PeerError, AssertionError):
    """A stream is not as it was expected to be. The first line is the first fact that is not.

    Attributes:
        verdicts: those that were not met.
    """

    code = "expectation_not_met"

    def __init__(self, verdicts: Sequence[Verdict], judged: int) -> None:
        first, *others = (verdict.message for verdict in verdicts)
        super().__init__("\n  ".join((first, *others, *_count(len(verdicts), judged))))
        self.verdicts: Sequence[Verdict] = tuple(verdicts)


def _count(unmet: int, judged: int) -> tuple[str, ...]:
    """How many of how many, where that is more than the reader has seen."""
    return (f"({unmet} of {judged} expectations are not met)",) if judged > 1 else ()


def expect(
    report: StreamReport,
    *,
    earlier: Sequence[StreamReport] = (),
    reconnects: Sequence[Reconnect] | None = None,
    source: StreamReport | None = None,
    golden: Mapping[str, StreamReport] | None = None,
    beside: Sequence[StreamReport] = (),
) -> Expectation:
    """Begin to say what a publish has to be like.

    Args:
        report: what was published.
        earlier: earlier publishes of the name, oldest first, for ``reconnect``.
        reconnects: how it came back each time, likewise, if it is known who connected.
        source: what the publisher was fed with, for ``source`` and ``delay``.
        golden: reports of golden files by the names that digests are compared with.
        beside: other streams that it is compared with, for ``apart``.
    """
    return Expectation(
        Evidence(
            report=report,
            earlier=tuple(earlier),
            reconnects=None if reconnects is None else tuple(reconnects),
            source=source,
            golden=dict(golden or {}),
            beside=tuple(beside),
        )
    )


class Expectation:
    """What one publish has to be like; every method returns itself.

    Arguments are named as the subjects of rules are, with ``_`` for their dots: for
    ``video.gop.seconds`` it is ``video(gop_seconds=at_most(2.1))``. Type checkers know them all.
    """

    def __init__(self, evidence: Evidence, prepare: Prepare | None = None) -> None:
        """
        Args:
            prepare: makes of the evidence what rules need before they are judged: decodes it.
        """
        self.evidence = evidence
        self._prepare = prepare
        self._verdicts: list[Verdict] = []
        self._is_waiting = False

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts on everything that was asked so far, in that order."""
        return tuple(self._verdicts)

    def rules(self, *rules: Rule | str) -> Self:
        """Have rules, or their text: ``"video.fps ~ 25±0.5"``.

        Raises:
            RuleError: some cannot be read, or there are none.
            ExpectationError: some are not met.
        """
        __tracebackhide__ = True  # pytest shows the caller's line
        made = parse_rules([rule for rule in rules if isinstance(rule, str)])
        ours = (rule for rule in rules if isinstance(rule, Rule))
        return self._judge((*ours, *made), "rules()", '"video.fps ~ 25±0.5"')

    def table(self, table: Mapping[str, object]) -> Self:
        """Have the rules of a table, as TOML has it. Raises likewise."""
        __tracebackhide__ = True
        return self._judge(rules_from_table(table), "table()", '{"video": {"codec": "h264"}}')

    def about(self, front: str, **facts: Expected) -> Self:
        """Have facts whose names begin with ``front``. Raises likewise."""
        __tracebackhide__ = True
        rules: list[Rule] = []
        problems = []
        for name, expected in facts.items():
            try:
                rules += rules_about(_subject(front, name), expected)
            except RuleError as error:
                problems.append(f"{front}({name}): {error}")
        if problems:
            raise RuleError(*problems)
        return self._judge(rules, f"{front}()", _example(front))

    def apart(self, **facts: Unpack[keywords.ApartKeywords]) -> Self:
        """Have facts about how far it is from streams beside it. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("apart", **facts)

    def packaging(self, **facts: Unpack[keywords.PackagingKeywords]) -> Self:
        """Have facts about how HLS or DASH are packaged and delivered. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("packaging", **facts)

    def metadata(self, *keys: str, **values: Expected) -> Self:
        """Have keys in ``onMetaData``, and some with these values. Raises likewise."""
        __tracebackhide__ = True
        rules = [Rule.make("metadata", Operator.HAS, keys)] if keys else []
        for key, expected in values.items():
            rules += rules_about(f"metadata.{key}", expected)
        return self._judge(rules, "metadata()", '"encoder", width=1280')

    def _judge(self, rules: Sequence[Rule], asker: str, example: str) -> Self:
        __tracebackhide__ = True
        if not rules:
            raise RuleError(f"{asker} asks nothing, so any stream would do: expected {example}")
        if self._prepare is not None:
            self.evidence = self._prepare(self.evidence, rules)
        self._verdicts += judge(self.evidence, rules)
        if not self._is_waiting:
            self._check(self._verdicts[-len(rules) :])
        return self

    def _check(self, verdicts: Sequence[Verdict]) -> None:
        __tracebackhide__ = True
        unmet = [verdict for verdict in verdicts if not verdict.met]
        if unmet:
            raise ExpectationError(unmet, len(verdicts))

    def __enter__(self) -> Self:
        self._is_waiting = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._is_waiting = False
        if error is None:
            self.check_asked("the block")
            self._check(self._verdicts)

    def check_asked(self, asker: str = "expect(report)") -> None:
        """See that there was anything to be met: else it would be met by any stream.

        Raises:
            RuleError: nothing was asked.
        """
        __tracebackhide__ = True
        if not self._verdicts:
            raise RuleError(
                f"{asker} asks nothing, so any stream would do: "
                'expected a call such as .video(codec="h264")'
            )

    if not TYPE_CHECKING:  # one that sees it takes every misspelt name for a method

        def __getattr__(self, name: str) -> object:
            near = difflib.get_close_matches(name, dir(type(self)), 1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise AttributeError(f'there is no "{name}" to expect anything about{hint}')

    def healthy(self, **facts: Unpack[keywords.HealthyKeywords]) -> Self:
        """Have a stream with which nothing is wrong: every rule of ``healthy``, but those that are
        given otherwise, and without those that are False. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self._judge(healthy_rules(facts), "healthy()", "no arguments")

    def video(self, **facts: Unpack[keywords.VideoKeywords]) -> Self:
        """Have facts about the first video track. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("video", **facts)

    def audio(self, **facts: Unpack[keywords.AudioKeywords]) -> Self:
        """Have facts about the first audio track. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("audio", **facts)

    def timestamps(self, **facts: Unpack[keywords.TimestampsKeywords]) -> Self:
        """Have facts about the timestamps of all tracks. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("timestamps", **facts)

    def gaps(self, **facts: Unpack[keywords.GapsKeywords]) -> Self:
        """Have facts about gaps in the timestamps. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("gaps", **facts)

    def skew(self, **facts: Unpack[keywords.SkewKeywords]) -> Self:
        """Have facts about audio against video. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("skew", **facts)

    def bitrate(self, **facts: Unpack[keywords.BitrateKeywords]) -> Self:
        """Have facts about audio and video together. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("bitrate", **facts)

    def stall(self, **facts: Unpack[keywords.StallKeywords]) -> Self:
        """Have facts about times in which nothing came. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("stall", **facts)

    def first_frame(self, **facts: Unpack[keywords.FirstFrameKeywords]) -> Self:
        """Have facts about the first frame. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("first_frame", **facts)

    def first_keyframe(self, **facts: Unpack[keywords.FirstKeyframeKeywords]) -> Self:
        """Have facts about the first keyframe. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("first_keyframe", **facts)

    def duration(self, **facts: Unpack[keywords.DurationKeywords]) -> Self:
        """Have facts about how long it is. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("duration", **facts)

    def digest(self, **facts: Unpack[keywords.DigestKeywords]) -> Self:
        """Have facts about what it is compared by. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("digest", **facts)

    def end(self, **facts: Unpack[keywords.EndKeywords]) -> Self:
        """Have facts about how it ended. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("end", **facts)

    def conduct(self, **facts: Unpack[keywords.ConductKeywords]) -> Self:
        """Have facts about how the publisher behaved. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("conduct", **facts)

    def reconnect(self, **facts: Unpack[keywords.ReconnectKeywords]) -> Self:
        """Have facts about how it came back. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("reconnect", **facts)

    def delay(self, **facts: Unpack[keywords.DelayKeywords]) -> Self:
        """Have facts about how late it is. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("delay", **facts)

    def arrival(self, **facts: Unpack[keywords.ArrivalKeywords]) -> Self:
        """Have facts about when frames came. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("arrival", **facts)

    def decode(self, **facts: Unpack[keywords.DecodeKeywords]) -> Self:
        """Have facts about how it was decoded. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("decode", **facts)

    def picture(self, **facts: Unpack[keywords.PictureKeywords]) -> Self:
        """Have facts about decoded pictures. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("picture", **facts)

    def counter(self, **facts: Unpack[keywords.CounterKeywords]) -> Self:
        """Have facts about the numbers that our pattern draws. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("counter", **facts)

    def sync(self, **facts: Unpack[keywords.SyncKeywords]) -> Self:
        """Have facts about the sound of our pattern against its pictures. Raises as
        :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("sync", **facts)

    def source(self, **facts: Unpack[source_keywords.SourceKeywords]) -> Self:
        """Have facts about what it was made of. Raises as :meth:`rules`."""
        __tracebackhide__ = True
        return self.about("source", **facts)


def _subject(front: str, name: str) -> str:
    """The subject of a name with ``_`` for its dots; as it is if there is none."""
    inner, is_source = (name, True) if front == "source" else (f"{front}_{name}", False)
    found = _BY_WORDS.get(inner, f"{front}.{name}" if not is_source else name)
    return f"source.{found}" if is_source else found


def _example(front: str) -> str:
    """A call that asks for something that begins with this, or else for anything."""
    names = (name for name in SUBJECTS if name.startswith(f"{front}."))
    word = next(names, "video.codec").removeprefix(f"{front}.").replace(".", "_")
    return f"a fact, such as {word}=present"


FRONTS: Final = (
    "healthy", "video", "audio", "timestamps", "gaps", "skew", "bitrate", "stall", "first_frame",
    "first_keyframe", "duration", "digest", "end", "conduct", "packaging", "apart", "reconnect",
    "delay",    "arrival", "decode", "picture", "counter", "sync",
)  # fmt: skip
"""Methods of an expectation that are named as subjects begin; ``source`` has all of them."""

_BY_WORDS: Final = {name.replace(".", "_"): name for name in SUBJECTS}
