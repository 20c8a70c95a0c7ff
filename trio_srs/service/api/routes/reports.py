"""The API about what was published: reports, and judging by rules. Floor 3."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

import attrs
import msgspec
import trio
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from trio_srs.decoding.on_demand import KeptMedia, check_rules, needs_decoding, with_decoded
from trio_srs.hub.access_rule import Permission
from trio_srs.hub.reconnect import find_reconnects
from trio_srs.hub.sessions import sessions_of
from trio_srs.media.expect import (
    Evidence,
    Rule,
    RuleError,
    Verdict,
    golden_files,
    judge,
    parse_rules,
    rules_from_table,
)
from trio_srs.media.report import StreamReport
from trio_srs.media.trace import Trace
from trio_srs.service.api.admission import needing
from trio_srs.service.api.answers import JudgedAnswer, ReportsAnswer, VerdictAnswer
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import PlainResponse, aside
from trio_srs.service.api.error_answers import UnknownStreamError, located
from trio_srs.service.api.names import STREAMS, find_key, path_key
from trio_srs.service.api.routes.parameters import Api, AppName, StreamPart, Vhost, failures

__all__ = ["Expectations", "judge_stream", "list_reports", "show_report"]

_STREAM: Final = f"{STREAMS}/{{app:str}}/{{name:str}}"
_SAME: Final = [field.name for field in attrs.fields(VerdictAnswer) if field.name != "rule"]
"""What a verdict and the answer have in common."""
_NO_TRACE: Final = Trace(complete=False)

_WithTrace = Annotated[
    bool,
    QueryParameter(
        description="`true` for every frame, where `inspect` is `full`: it may be much."
    ),
]


class Expectations(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a stream has to be."""

    rules: Annotated[
        list[str], msgspec.Meta(description="Rules as text: `video.fps ~ 25±0.5`.")
    ] = []
    table: Annotated[
        dict[str, Any],
        msgspec.Meta(description='Rules as a table: `{"video": {"fps": "~ 25±0.5"}}`.'),
    ] = {}
    source: Annotated[
        str | None,
        msgspec.Meta(description="The stream that its publisher was fed with, as `live/in`."),
    ] = None


@get(
    f"{_STREAM}/report",
    tags=["reports"],
    summary="Report on a stream",
    operation_id="report",
    responses=failures(400, 404),
)
async def show_report(
    api: Api, app: AppName, name: StreamPart, vhost: Vhost = "", trace: _WithTrace = False
) -> Response[StreamReport]:
    """All about the present publish of a stream, as of now, or else about the newest one."""
    report = _find(api, path_key(app, name, vhost, api.hosts.vhost_of), "path")
    return await aside(report if trace else _without_trace(report), api.aside)


@get(
    f"{_STREAM}/reports",
    tags=["reports"],
    summary="Report on every publish of a stream",
    operation_id="reports",
    responses=failures(400, 404),
)
async def list_reports(
    api: Api, app: AppName, name: StreamPart, vhost: Vhost = "", trace: _WithTrace = False
) -> Response[ReportsAnswer]:
    """All about every publish of a stream that is kept, the present one included."""
    key = path_key(app, name, vhost, api.hosts.vhost_of)
    reports = api.reports.history(key) or (_find(api, key, "path"),)
    if not trace:
        reports = tuple(map(_without_trace, reports))
    return await aside(ReportsAnswer(reports=reports), api.aside)


@post(
    f"{_STREAM}/expect",
    tags=["reports"],
    summary="Judge a stream by rules",
    operation_id="expect",
    opt=needing(Permission.READ),
    status_code=200,
    responses=failures(400, 404, 413, 501),
)
async def judge_stream(
    api: Api, app: AppName, name: StreamPart, data: JSONBody[Expectations], vhost: Vhost = ""
) -> Response[JudgedAnswer]:
    """Judge the present publish of a stream, as of now, or else the newest one.

    The answer is 200 whether it is as expected or not: `met` says so.
    """
    key = path_key(app, name, vhost, api.hosts.vhost_of)
    rules = _read_rules(data)
    *earlier, report = api.reports.history(key) or (_find(api, key, "path"),)
    source = None

    def key_of(stream: str) -> str:
        return find_key(stream, vhost, api.hosts.vhost_of, "body.rules")

    if data.source is not None:
        named = find_key(data.source, vhost, api.hosts.vhost_of, "body.source")
        source = _find(api, named, "body.source")
    names = {name for rule in rules for name in rule.streams}
    found = {name: api.reports.find(key_of(name)) for name in sorted(names)}
    streams = {name: each for name, each in found.items() if each is not None}
    reconnects = None
    if any(rule.subject.name.startswith("reconnect.") for rule in rules):
        found_sessions = sessions_of(api.registry, trio.current_time(), time.time())
        reconnects = find_reconnects((*earlier, report), found_sessions)
    evidence = Evidence(
        report=report, earlier=tuple(earlier), source=source, streams=streams,
        reconnects=reconnects,
    )  # fmt: skip
    verdicts = await trio.to_thread.run_sync(_judged, evidence, rules, limiter=api.aside)
    return PlainResponse(
        JudgedAnswer(
            met=all(verdict.met for verdict in verdicts),
            stream=key,
            session=report.session,
            end=report.end,
            verdicts=tuple(map(_verdict, verdicts)),
        )
    )


def _judged(evidence: Evidence, rules: tuple[Rule, ...]) -> tuple[Verdict, ...]:
    """Judge, and decode what was kept if that is needed for it."""
    if needs_decoding(rules):
        evidence = with_decoded(evidence, rules, KeptMedia.of(evidence))
    return judge(evidence, rules)


def _verdict(verdict: Verdict) -> VerdictAnswer:
    fields = {name: getattr(verdict, name) for name in _SAME}
    return VerdictAnswer(rule=str(verdict.rule), **fields)


def _read_rules(wanted: Expectations) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    for index, text in enumerate(wanted.rules):
        with located(f"body.rules[{index}]"):
            rules += map(_checked, parse_rules([text]))
    with located("body.table"):
        rules += map(_checked, rules_from_table(wanted.table))
    if not rules:
        with located("body"):
            raise RuleError("no rules: expected some in rules or in table")
    return tuple(rules)


def _checked(rule: Rule) -> Rule:
    """A rule that can be judged here.

    Raises:
        RuleError: it asks for a file.
        DecoderNotInstalledError: it is about the decoded picture, and nothing here decodes.
    """
    check_rules([rule])
    if names := golden_files([rule]):
        raise RuleError(f"the API reads no files such as {names[0]!r}: expected a digest")
    return rule


def _find(api: ApiContext, key: str, where: str) -> StreamReport:
    report = api.reports.find(key)
    if report is None:
        with located(where):
            raise UnknownStreamError(f"nobody has published {key}")
    return report


def _without_trace(report: StreamReport) -> StreamReport:
    return attrs.evolve(report, trace=_NO_TRACE)
