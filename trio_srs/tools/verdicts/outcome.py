"""What came of a run: a value that every form of output is made from. Floor 6."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import attrs

from trio_srs.media.expect.judge import Verdict
from trio_srs.media.expect.rule import Rule
from trio_srs.media.report import StreamReport

__all__ = ["Case", "Outcome", "ProgramEnd", "SeenPicture", "Status"]


@attrs.frozen(kw_only=True)
class ProgramEnd:
    """How the command that was to publish ended."""

    words: tuple[str, ...]
    """The command as it was run."""
    returncode: int | None
    """Its exit code; negative is a signal. None if it could not be started."""
    seconds: float
    """How long it ran."""
    stopped: str = ""
    """Why we stopped it; empty when it ended by itself. It is then not asked how it ended."""
    hung: str = ""
    """Why it was given up, as a sentence's end; empty when it was not."""
    last_lines: tuple[str, ...] = ()
    """What it said last on its standard error."""

    @property
    def failed(self) -> bool:
        """Whether it did, by itself."""
        return bool(self.hung) or (not self.stopped and self.returncode != 0)

    @property
    def how(self) -> str:
        """How it ended, in words."""
        if self.hung:
            return self.hung
        match self.returncode:
            case None:
                return "could not be started"
            case code if code < 0:
                return f"was ended by signal {-code}"
            case code:
                return f"exited with {code}"

    def __str__(self) -> str:
        return shlex.join(self.words)


class Status(enum.Enum):
    """What became of a case."""

    MET = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There was nothing to judge by."""


@attrs.frozen(kw_only=True)
class Case:
    """One thing that was expected: a rule, or that there is a stream at all."""

    kind: str
    """``rule``, ``stream`` or ``command``."""
    name: str
    """What was expected, in one line."""
    status: Status
    message: str
    """What was seen, in one line; of a case that is met, too."""
    details: Sequence[str] = ()
    """What else is known, line by line."""
    verdict: Verdict | None = None
    """Of a rule that was judged."""

    @property
    def seen(self) -> str:
        """What was seen and where, for those who have read the name."""
        verdict = self.verdict
        if verdict is None:
            return self.message
        return "; ".join(filter(None, (verdict.seen, verdict.where)))


@attrs.frozen(kw_only=True)
class SeenPicture:
    """A decoded picture, small, to be looked at."""

    title: str
    """What it shows: ``"video frame 30 (1200 ms)"``."""
    jpeg: bytes
    reference: bytes | None = None
    """The picture of the reference that it was compared with."""
    rule: str = ""
    """The rule that it breaks; empty if it is only one of many."""


@attrs.frozen(kw_only=True)
class Outcome:
    """One run: what was asked, what came, and what is to be said of it."""

    target: str
    """What was judged: the name of a stream, a URL or a file."""
    rules: tuple[Rule, ...] = ()
    """Everything that was asked."""
    report: StreamReport | None = None
    """What came; None when nothing did."""
    verdicts: tuple[Verdict, ...] = ()
    """What became of the rules; empty when nothing came."""
    pictures: tuple[SeenPicture, ...] = ()
    """Some of its pictures, if it was decoded and that was asked for."""
    earlier: tuple[StreamReport, ...] = ()
    """Publishes of the same name before the one that was judged, oldest first."""
    source: StreamReport | None = None
    """What the command was given to pull."""
    absence: str = ""
    """Why nothing came, when nothing did."""
    missing: str = ""
    """Why only a part of what came could be judged, if so: that is as if a rule were not met."""
    happened: tuple[str, ...] = ()
    """What came instead, when nothing did: a sentence each."""
    program: ProgramEnd | None = None
    """The command, if one was run."""
    interrupted: bool = False
    """Whether somebody stopped the run before its end."""
    remarks: tuple[str, ...] = ()
    """What else has to be known to read it, a sentence each."""
    seconds: float = 0.0
    """How long it took."""
    began_at: float = 0.0
    """When it began: seconds since 1970 (Unix time)."""

    @property
    def came(self) -> bool:
        """Whether there was anything to judge."""
        return self.report is not None

    @property
    def met(self) -> bool:
        """Whether something came, all of it could be judged, and every rule is met."""
        return self.came and not self.missing and all(verdict.met for verdict in self.verdicts)

    @property
    def cases(self) -> tuple[Case, ...]:
        """Everything that was expected: that something comes, each rule, and that the command
        succeeds."""
        return tuple(self._cases())

    def _cases(self) -> Iterator[Case]:
        yield self._stream_case()
        if self.came:
            for verdict in self.verdicts:
                status = Status.MET if verdict.met else Status.FAILED
                yield Case(
                    kind="rule", name=str(verdict.rule), status=status,
                    message=verdict.message, verdict=verdict,
                )  # fmt: skip
        else:
            for rule in self.rules:
                yield Case(
                    kind="rule", name=str(rule), status=Status.SKIPPED,
                    message="nothing came to judge it by",
                )  # fmt: skip
        if self.program is not None:
            yield _program_case(self.program)

    def _stream_case(self) -> Case:
        if self.missing:
            return Case(
                kind="stream", name=f"{self.target} comes", status=Status.FAILED,
                message=f"only a part could be judged: {self.missing}",
            )  # fmt: skip
        if self.came:
            return Case(
                kind="stream", name=f"{self.target} comes", status=Status.MET, message="it came"
            )
        return Case(
            kind="stream", name=f"{self.target} comes", status=Status.FAILED,
            message=self.absence, details=self.happened,
        )  # fmt: skip


def _program_case(program: ProgramEnd) -> Case:
    after = f"after {program.seconds:.1f} s"
    if program.hung:
        message = program.hung
    elif program.stopped:
        message = f"was stopped {after}: {program.stopped}"
    else:
        message = f"{program.how} {after}"
    return Case(
        kind="command",
        name=f"{PurePath(program.words[0]).name} succeeds",
        status=Status.FAILED if program.failed else Status.MET,
        message=f"the command {message}",
        details=program.last_lines if program.failed else (),
    )
