"""Write the pages of ``docs/reference``, and the names for type checkers, made from the source.

``python docs/generate.py`` writes them; with ``--check`` it writes nothing and fails when a
page is not what it would write. The page of the configuration has its own generator,
``trio_srs.config.reference``.
"""

from __future__ import annotations

import argparse
import ast
import enum
import functools
import importlib
import inspect
import json
import pkgutil
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import attrs

import trio_srs
from trio_srs import errors
from trio_srs.errors import EndReason, InternalError, PeerError, RefusedError, TrioSrsError
from trio_srs.faults.fault import EVERYBODY, Fault
from trio_srs.faults.fault_kind import KINDS, FaultKind, FaultMoment
from trio_srs.faults.fault_text import KEYS
from trio_srs.hub.sessions import RequestFacts, SessionFacts
from trio_srs.hub.waiting import Reached, UntilKind
from trio_srs.media import facts
from trio_srs.media.expect import SUBJECTS, Operator, Subject
from trio_srs.media.expect.fluent import FRONTS
from trio_srs.media.expect.health_subjects import FRONT, HEALTH
from trio_srs.media.expect.operators import ALIASES
from trio_srs.media.expect.quantity import write_number
from trio_srs.media.expect.subject import OPERATORS, Kind
from trio_srs.media.expect.tolerance import TOLERANCES
from trio_srs.media.packaging.packaging_rule import PackagingRule
from trio_srs.media.packaging.packaging_rules import PACKAGING_RULES
from trio_srs.media.packaging_facts import AnswerFacts, PackagingFacts, PieceFacts, RuleBreach
from trio_srs.media.remux.left_out import LeftOutReason
from trio_srs.media.report import Conduct, Oddity, Step, StepKind, StreamReport
from trio_srs.service.api.reference import reference_page
from trio_srs.service.http.view import VIEWS
from trio_srs.session.rtmp_streams import TRANSITIONS, StreamState
from trio_srs.wire.codec.ids import BY_NAME
from trio_srs.wire.mp4.mp4_oddity import Mp4OddityKind
from trio_srs.wire.rtmp.oddity import OddityKind
from trio_srs.wire.ts.ts_oddity import TsOddityKind

ROOT: Final = Path(__file__).parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"

FAMILIES: Final[dict[type[TrioSrsError], str]] = {
    RefusedError: "Refusals",
    PeerError: "The peer's fault",
    InternalError: "Our fault",
}


WORDS: Final[dict[type[enum.StrEnum], str]] = {
    StepKind: "Steps",
    UntilKind: "Waits",
    OddityKind: "Oddities",
    TsOddityKind: "Oddities of transport streams",
    Mp4OddityKind: "Oddities of MP4",
    LeftOutReason: "Oddities of what is not read",
}
"""The closed lists of words that are in reports."""


def import_everything() -> None:
    """Import every module of the package, so that every error class has been registered."""
    for module in pkgutil.walk_packages(trio_srs.__path__, f"{trio_srs.__name__}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)


def error_classes() -> list[type[TrioSrsError]]:
    """Every error class of the package, by code."""
    import_everything()
    ours = [c for c in TrioSrsError.registry.values() if c.__module__.startswith("trio_srs.")]
    return sorted(ours, key=lambda c: c.code)


def attribute_docs(cls: type) -> dict[str, str]:
    """The strings that stand under a class's attributes in the source, by attribute name."""
    [definition] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(definition, ast.ClassDef)
    docs = {}
    for node, after in zip(definition.body, definition.body[1:], strict=False):
        match node, after:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                docs[name] = inspect.cleandoc(text)
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                docs[name] = inspect.cleandoc(text)
    return docs


def sentence(doc: str | None) -> str:
    """A docstring's first paragraph on one line, fit for a cell of a table."""
    first = inspect.cleandoc(doc or "").partition("\n\n")[0]
    plain = re.sub(r":\w+:`~?(?:\w+\.)*(\w+)`", r"`\1`", first)
    return " ".join(plain.split()).replace("|", "\\|").replace("``", "`")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table, line by line."""
    head = list(head)
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def page(made_of: str) -> Callable[[Callable[[], Iterator[str]]], Callable[[], str]]:
    """Has a function of lines give the page that they are, and say what it is made of."""

    def decorate(lines: Callable[[], Iterator[str]]) -> Callable[[], str]:
        @functools.wraps(lines)
        def text() -> str:
            return "\n".join([f"<!-- Made by docs/generate.py from {made_of} -->", *lines()])

        return text

    return decorate


@page("the source; edit there.")
def errors_page() -> Iterator[str]:
    """All error codes by family, and all end reasons."""
    yield "# Errors and end reasons\n"
    yield "Every error has a *code*, a word that is the same in log, API and metrics and never"
    yield "changes once released. Its family says what becomes of it.\n"
    classes = error_classes()
    for family, title in FAMILIES.items():
        yield f"## {title}\n"
        yield f"{sentence(family.__doc__)}\n"
        head = ["Code", "SRS", "Ends as", "Meaning", "Raised by"]
        yield from table(head, (_error_row(c) for c in classes if issubclass(c, family)))
    yield "## End reasons\n"
    yield f"{sentence(EndReason.__doc__)}\n"
    docs = attribute_docs(EndReason)
    yield from table(
        ["End reason", "Meaning"],
        ([f"`{reason.value}`", sentence(docs[reason.name])] for reason in EndReason),
    )


def _error_row(cls: type[TrioSrsError]) -> list[str]:
    number = "" if cls.srs_code is None else str(cls.srs_code)
    where = "" if cls.__module__ == errors.__name__ else f"`{cls.__module__}`"
    return [f"`{cls.code}`", number, f"`{cls.end.value}`", sentence(cls.__doc__), where]


@page("the source; edit there.")
def session_page() -> Iterator[str]:
    """What may be said in which state of a message stream: a diagram, and a table."""
    yield "# States of an RTMP message stream\n"
    yield "A connection carries message streams, made by `createStream`, each of them in one state."
    yield "What a state has no way on for is a protocol error (`bad_state`), which ends"
    yield "the connection. What is about the connection and no stream, such as `createStream`,"
    yield "`FCPublish` or a call that nobody knows, is answered in every state but"
    yield f"*{StreamState.UNCONNECTED.value}*. A `publish` or `play` ends what its stream did"
    yield "before, and takes effect when it is accepted; `FCUnpublish` ends the publishes of that"
    yield "name.\n"
    yield f"```mermaid\n{mermaid()}\n```\n"
    yield from table(["State", "Meaning"], _state_rows())
    commands = sorted({command for _, command in TRANSITIONS})
    head = ["Command", *(f"when *{state.value}*" for state in StreamState)]
    yield from table(head, (_command_row(command) for command in commands))


def mermaid() -> str:
    """The state diagram of a message stream; arrows between the same two states are one."""
    arrows: dict[tuple[StreamState, StreamState], list[str]] = {}
    for (before, command), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(command)
    return "\n".join(
        [
            "stateDiagram-v2",
            f"    [*] --> {StreamState.UNCONNECTED.value}",
            *(
                f"    {before.value} --> {after.value}: {', '.join(commands)}"
                for (before, after), commands in arrows.items()
            ),
        ]
    )


def _state_rows() -> Iterator[list[str]]:
    docs = attribute_docs(StreamState)
    yield from ([f"*{state.value}*", sentence(docs[state.name])] for state in StreamState)


def _command_row(command: str) -> list[str]:
    after = (TRANSITIONS.get((state, command)) for state in StreamState)
    return [f"`{command}`", *("error" if state is None else state.value for state in after)]


@page("the source; edit there.")
def packaging_rules_page() -> Iterator[str]:
    """Every rule of HLS and DASH that is judged by, with its clause."""
    yield "# Rules of HLS and DASH\n"
    yield "`trio_srs.media.packaging` finds which of these a server breaks, this one or any other,"
    yield "by what a viewer got. It asks for nothing itself: give it each answer as a `Fetched`,"
    yield "playlists as often as they came.\n"
    yield "```python"
    yield "from trio_srs.media.packaging.fetched import Fetched"
    yield "from trio_srs.media.packaging.packaging_rules import check_packaging"
    yield "from trio_srs.media.packaging.viewing import Viewing\n"
    yield 'answer = Fetched(url="http://host/a.m3u8", asked_at_s=0.0, at_s=0.1, body=b"#EXTM3U\\n")'
    yield "for breach in check_packaging(Viewing([answer])):"
    yield "    print(breach)"
    yield "```\n"
    yield f"Clauses: {sentence(attribute_docs(PackagingRule)['clause'])}\n"
    yield "An *error* is what a player fails at, or a MUST; a *warning* is what it gets by.\n"
    rows = (
        [f"`{rule.name}`", rule.severity.value, rule.meaning, rule.clause]
        for rule in PACKAGING_RULES
    )
    yield from table(["Rule", "Broken", "What has to be", "Clause"], rows)


@page("the source; edit there.")
def faults_page() -> Iterator[str]:
    """Every kind of fault, with its moments and keys."""
    yield "# Faults\n"
    yield "What a server can do wrong on purpose, so that clients can be tested with it;"
    yield "[how to ask for it](../howto/faults.md) is a page of its own. A fault is"
    yield "`KIND [MOMENT] [KEY=VALUE ...]`, such as `reset publish after=2s times=1`, the same in a"
    yield "test, a configuration and on the command line. Without a moment it is the first that is"
    yield "named here.\n"
    yield "## Kinds\n"
    kinds = attribute_docs(FaultKind)
    yield from table(
        ["Kind", "Meaning", "Moments", "Keys of its own"],
        (
            [
                f"`{kind.value}`",
                sentence(kinds[kind.name]),
                _code(moment.value for moment in choice.moments),
                _code(sorted(Fault.keys_of(kind) - EVERYBODY)),
            ]
            for kind, choice in KINDS.items()
        ),
    )
    yield "## Moments\n"
    moments = attribute_docs(FaultMoment)
    yield from table(
        ["Moment", "Meaning"], ([f"`{it.value}`", sentence(moments[it.name])] for it in FaultMoment)
    )
    yield "## Keys\n"
    yield "Those of every kind come first.\n"
    first = sorted(KEYS.items(), key=lambda item: item[0] not in EVERYBODY)
    yield from table(["Key", "Meaning"], ([f"`{key}`", known.meaning] for key, known in first))
    yield "## What contradicts\n"
    yield "Two faults that may both be due for one peer are refused if they decide the same:\n"
    decided: dict[str, list[str]] = {}
    for kind, choice in KINDS.items():
        if choice.decides:
            decided.setdefault(choice.decides, []).append(kind.value)
    yield from table(["What they decide", "Kinds"], ([it, _code(of)] for it, of in decided.items()))


@page("docs/reference/fault-clients.")
def fault_clients_page() -> Iterator[str]:
    """What clients were seen to do with faults: of each a file, written by those who tried it."""
    yield "# Clients and faults\n"
    yield "What clients of others did when a server did each of these [faults](faults.md) to them,"
    yield "judged by what the server saw and not by their exit codes: whether the connection goes"
    yield "on, waits without a byte of media, ends, or comes again, in the ten seconds behind the"
    yield "fault. *Not met*: the client never comes to that moment. Each published noise of about"
    yield "2 Mbit/s in real time, or played it. `nox -s faults` tries all of it anew.\n"
    files = sorted((REFERENCE / "fault-clients").glob("*.json"))
    said = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    for role, title in (("publish", "Publishers"), ("play", "Players")):
        ours = [each for each in said if each["role"] == role]
        yield f"## {title}\n"
        for each in ours:
            yield f"- {each['client']} {each['version']}, from {each['package']}"
        yield ""
        faults = list(ours[0]["outcomes"]) if ours else []
        yield from table(
            ["Fault", *(each["client"] for each in ours)],
            ([f"`{fault}`", *(each["outcomes"][fault] for each in ours)] for fault in faults),
        )


@page("the source; edit there.")
def reports_page() -> Iterator[str]:
    """Every attribute of a report, of a session and of a wait, and the words they have."""
    yield "# Reports, sessions and waits\n"
    yield "`Server.reports` makes a `StreamReport` of every publish, `Server.sessions()` a"
    yield "`SessionFacts` of every session, and `Server.wait_for()` gives back a `Reached`. In JSON"
    yield "the names are the same. [Inspection](../discussion/inspection.md) says how they come"
    yield "about.\n"
    of_packaging = (PackagingFacts, PieceFacts, AnswerFacts, RuleBreach)
    of_session = (SessionFacts, RequestFacts, Reached)
    for cls in (StreamReport, Step, Conduct, Oddity, *of_packaging, *of_session):
        yield f"## {cls.__name__}\n"
        yield f"{sentence(cls.__doc__)}\n"
        yield from _attributes(cls)
    for words, title in WORDS.items():
        docs = attribute_docs(words)
        yield f"## {title}\n"
        yield f"{sentence(words.__doc__)}\n"
        rows = ([f"`{word.value}`", sentence(docs[word.name])] for word in words)
        yield from table(["Word", "Meaning"], rows)


def _attributes(cls: type[attrs.AttrsInstance]) -> Iterator[str]:
    docs = attribute_docs(cls)
    yield from table(
        ["Attribute", "Type", "Meaning"],
        (
            [f"`{field.name}`", f"`{_type(field)}`", sentence(docs.get(field.name, ""))]
            for field in attrs.fields(cls)
        ),
    )


@page("the source; edit there.")
def facts_page() -> Iterator[str]:
    """Every fact about a stream, with its unit and definition."""
    yield "# Facts about a stream\n"
    _, *paragraphs = inspect.cleandoc(facts.__doc__ or "").split("\n\n")
    for paragraph in paragraphs:
        yield f"{sentence(paragraph)}\n"
    for cls in fact_classes():
        docs = attribute_docs(cls)
        yield f"## {cls.__name__}\n"
        yield f"{sentence(cls.__doc__)}\n"
        yield from table(
            ["Fact", "Type", "Meaning"],
            (
                [f"`{field.name}`", f"`{_type(field)}`", sentence(docs[field.name])]
                for field in attrs.fields(cls)
            ),
        )


def fact_classes() -> list[type[attrs.AttrsInstance]]:
    """The classes of facts, each behind the one it is first part of."""
    found: list[type[attrs.AttrsInstance]] = [facts.StreamFacts]
    for cls in found:
        for field in attrs.fields(cls):
            for word in re.findall(r"\w+", str(field.type)):
                part = getattr(facts, word) if word in facts.__all__ else None
                if part is not None and part not in found:
                    found.append(part)
    return found


def _type(field: attrs.Attribute[object]) -> str:
    """Without the None that any of them may be."""
    return str(field.type).removesuffix(" | None")


@page("the source; edit there.")
def expectations_page() -> Iterator[str]:
    """How rules are written, and everything that they can be about."""
    yield "# What expectations can be about\n"
    yield "A rule is `SUBJECT OPERATOR VALUE`, such as `video.fps ~ 25±0.5`; a subject that is true"
    yield "or false may stand alone. A number without a unit is in the subject's own. With"
    yield "`source.` before it a subject is about what a command was given to pull, and"
    yield "`metadata.KEY` is what `onMetaData` says of a key.\n"
    yield "## Operators\n"
    docs = attribute_docs(Operator)
    written = {name: [w for w, it in ALIASES.items() if it is name] for name in Operator}
    written[Operator.WITHIN] = [Operator.WITHIN.written]
    yield from table(
        ["Written", "Met by"],
        ([_code(written[each]), sentence(docs[each.name])] for each in Operator),
    )
    yield from table(
        ["Of", "may be asked"],
        ([kind.value, _code(each.written for each in OPERATORS[kind])] for kind in Kind),
    )
    yield "Without a tolerance, as in `~ 30`, it is this share of the number or so much of its"
    yield "unit, whichever is more:\n"
    yield from table(
        ["Unit", "Share", "At least"],
        (
            [unit or "none", f"{each.percent} %", write_number(each.least, unit)]
            for unit, each in TOLERANCES.items()
        ),
    )
    yield from _healthy()
    yield "## Subjects\n"
    head = ["Subject", "Is", "Unit", "Meaning"]
    yield from table(head, (_subject_row(subject) for subject in SUBJECTS.values()))


def _healthy() -> Iterator[str]:
    yield "## A healthy stream\n"
    yield f"`{FRONT}` alone asks for all of these rules: nothing is wrong with a stream that meets"
    yield "them, whatever it is. Each is about every track, and has a verdict of its own. Where"
    yield "there is nothing that a rule could be about, as keyframes in sound alone, it is met."
    yield "What stands behind `but` changes rules and leaves rules out, joined by `and`:"
    yield f"`{FRONT} but keyframes <= 4 s and end off`; in a table it is"
    yield f'`{FRONT} = true` or `{FRONT} = "but end off"`, and in Python'
    yield f'`expect(report).{FRONT}(keyframes=at_most("4 s"), end=False)`.\n'
    yield from table(
        ["Rule", "Asks by default", "What it is about"],
        (
            [f"`{name}`", f"`{rule.condition}`", sentence(rule.subject.definition)]
            for name, rule in HEALTH.items()
        ),
    )


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`".replace("|", "\\|") for word in words)


def _subject_row(subject: Subject) -> list[str]:
    meaning = sentence(subject.definition) if subject.definition else _fact(subject.path)
    return [f"`{subject.name}`", subject.kind.value, subject.unit, meaning]


def _fact(path: tuple[str, ...]) -> str:
    """What a fact says of itself; ``video`` and ``audio`` in front are the first such track."""
    cls: type[attrs.AttrsInstance] = facts.StreamFacts
    if path[0] in ("video", "audio"):
        cls, path = facts.TrackFacts, path[1:]
    for name in path[:-1]:
        [field] = [field for field in attrs.fields(cls) if field.name == name]
        cls = getattr(facts, str(field.type).removesuffix(" | None"))
    return sentence(attribute_docs(cls)[path[-1]])


def keywords_module() -> str:
    """The keyword arguments of each method of an expectation, as type checkers read them."""
    return "\n".join(_keywords_module())


def _keywords_module() -> Iterator[str]:
    fronts = {front: f"{front}_" for front in FRONTS}
    yield from _keywords_classes("stream", fronts)


def source_keywords_module() -> str:
    """Likewise of what may be asked of a source, which is everything."""
    return "\n".join(_keywords_classes("source", {"source": ""}))


def _keywords_classes(whose: str, fronts: dict[str, str]) -> Iterator[str]:
    yield f'"""What may be asked of a {whose} in Python, for type checkers. Floor 1.\n'
    yield "Made by docs/generate.py from the table of subjects; edit there."
    yield '"""\n'
    yield "from __future__ import annotations\n"
    yield "from typing import TypedDict\n"
    yield "from trio_srs.media.expect.conditions import Expected\n"
    yield "__all__ = ["
    yield from (f'    "{name}",' for name in sorted(map(_class_name, fronts)))
    yield "]\n"
    words = [name.replace(".", "_") for name in SUBJECTS]
    for front, start in fronts.items():
        yield f"\nclass {_class_name(front)}(TypedDict, total=False):"
        yield f'    """The keyword arguments of ``{front}()``."""\n'
        yield from (f"    {w.removeprefix(start)}: Expected" for w in words if w.startswith(start))
        yield ""


def _class_name(front: str) -> str:
    return f"{front.title().replace('_', '')}Keywords"


@page("docs/reference/clients; see tests/clients.")
def clients_page() -> Iterator[str]:
    """What was seen to play what: of each client a file, written by those who tried it."""
    yield "# Clients over HTTP\n"
    yield "What real clients were seen to play, of streams of two seconds that ffmpeg published by"
    yield "RTMP. A column is the codecs of a stream, a row the form it was asked for in: *yes* was"
    yield "played to its end; *no* was tried and is not played, for the reason below the table; and"
    yield "where there is nothing it was not tried. A form that has no place for a codec, as"
    yield "[containers](containers.md) says, is not tried with it. `hls` is HLS of fragmented MP4,"
    yield "which is offered with low latency, `hls-ll` where that is taken up; streams are of six"
    yield "seconds there. `nox -s clients` tries all of it anew, for the clients that are there;"
    yield "the usual tests try some.\n"
    for path in sorted((REFERENCE / "clients").glob("*.json")):
        yield from _client(ClientResults.read(path))


SCHEMES: Final = ("http", "https", "ws", "wss")
LISTS: Final = ("hls", "hls-ll", "hls-ts")
"""Forms that are a list of segments."""


@attrs.frozen
class ClientResults:
    """What one client played."""

    client: str
    version: str
    package: str
    """Where it comes from."""
    proof: str
    """What was counted."""
    held: dict[tuple[str, str], str]
    """By form and stream: why it is not played, in words; empty if it is."""
    late: list[str]
    """The forms in which it also played when it came in the midst of a stream."""
    untried: list[str]
    """What could not be tried at all, and why."""

    @classmethod
    def read(cls, path: Path) -> ClientResults:
        """Read a file. Raises ValueError: an unknown form or codec, or a reason is missing."""
        said = json.loads(path.read_text(encoding="utf-8"))
        held = {}
        for row in said["rows"]:
            form, stream = row["form"], row["stream"]
            scheme, _, view = form.partition("-")
            if scheme not in SCHEMES or (f".{view}" not in VIEWS and view not in LISTS):
                raise ValueError(f"{path}: {form} is no form that is served")
            if unknown := set(stream.split("+")) - set(BY_NAME):
                raise ValueError(f"{path}: {', '.join(unknown)} is no codec")
            why = row.get("why", "")
            if row["holds"] is bool(why):
                raise ValueError(f"{path}: {form} of {stream} needs a reason if it does not hold")
            held[form, stream] = why
        return cls(
            said["client"],
            said["version"],
            said["package"],
            said["proof"],
            held,
            said.get("late", []),
            said["untried"],
        )


def _client(results: ClientResults) -> Iterator[str]:
    yield f"## {results.client} {results.version}\n"
    yield f"From {results.package}. Counted: {results.proof}.\n"
    views = (*(view.name for view in VIEWS.values()), *LISTS)
    served = (f"{scheme}-{view}" for scheme in SCHEMES for view in views)
    tried = {form for form, _ in results.held}
    forms = [form for form in served if form in tried]
    streams = list(dict.fromkeys(stream for _, stream in results.held))
    reasons = list(dict.fromkeys(filter(None, results.held.values())))

    def cell(form: str, stream: str) -> str:
        why = results.held.get((form, stream))
        return "" if why is None else f"no ({reasons.index(why) + 1})" if why else "yes"

    head = ["form", *(f"`{stream}`" for stream in streams)]
    yield from table(head, ([f"`{form}`", *(cell(form, it) for it in streams)] for form in forms))
    yield from (f"- ({number}) {why}." for number, why in enumerate(reasons, 1))
    if results.late:
        yield f"- Also from the midst of a stream: {', '.join(f'`{it}`' for it in results.late)}."
    yield from (f"- Not tried: {what}." for what in results.untried)
    yield ""


MODULES: Final[dict[str, Callable[[], str]]] = {
    "trio_srs/media/expect/keywords.py": keywords_module,
    "trio_srs/media/expect/source_keywords.py": source_keywords_module,
}
PAGES: Final[dict[str, Callable[[], str]]] = {
    "api.md": reference_page,
    "clients.md": clients_page,
    "errors.md": errors_page,
    "expectations.md": expectations_page,
    "facts.md": facts_page,
    "fault-clients.md": fault_clients_page,
    "faults.md": faults_page,
    "packaging-rules.md": packaging_rules_page,
    "reports.md": reports_page,
    "session.md": session_page,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on differences")
    check: bool = parser.parse_args().check
    stale = []
    pages = {REFERENCE / name: render for name, render in PAGES.items()}
    modules = {ROOT / name: render for name, render in MODULES.items()}
    for path, render in {**pages, **modules}.items():
        text = render()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        print(f"{shown}: {'out of date' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
