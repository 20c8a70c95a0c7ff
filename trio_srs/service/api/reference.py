"""The reference page of the API, written from its description. Floor 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import attrs

from trio_srs.hub.bus import Event
from trio_srs.service.api.app import describe
from trio_srs.service.api.event_stream import event_word
from trio_srs.service.api.schema import as_text, first_paragraph, meanings

__all__ = ["reference_page"]

_PART: Final = "#/components/schemas/"
_GROUPS: Final = {
    "server": "The server, and what happens",
    "streams": "Streams",
    "reports": "Reports and verdicts",
    "sessions": "Sessions",
    "access": "Who may",
    "config": "The configuration",
    "faults": "Faults",
    "namespaces": "Namespaces",
    "srs": "SRS's own API",
}
_INTRO: Final = """\
The API is served where `api.listen` says so, and needs `pip install './trio-srs[api]'` (a
clone); the [how-to page](../howto/api.md) begins at the beginning. This page is made from the
description that the server itself gives, `GET /api/v2/openapi.json` (OpenAPI 3.1), from which
clients in many languages can be generated.

An answer is JSON. Every error is a [`Failure`](#failure) with a status of 400 or more. Not
described below, as they are the same everywhere: 401, it was not shown who asks; 403, who asks may
not do that; 429, from this address came too many wrong passwords; 404 (`no_such_path`) and 405
(`method_not_allowed`), no such function; 500 (`internal_error`), a bug of ours. A request that is
not HTTP, or whose path is not UTF-8, is answered with a bare 400.

A stream is named by its application and its name, `/api/v2/streams/live/cam1`. A slash in a name
may stand as it is, `/api/v2/streams/live/room/cam1/report`, or as `%2F`; it has to be `%2F` if the
name ends in `report`, `reports`, `expect`, `publisher` or `settings`. Other letters are
percent-encoded UTF-8."""
_EVENTS: Final = """\
Each has `number`, `at` (seconds since 1970), `event`, `session`, `peer`, and what is named here.
The first lines of an answer tell the client to connect again after a second if it is cut off; it
then says `Last-Event-ID`, and goes on where it was."""
_EVERY: Final = ("session", "peer")
_SAME: Final = ("401", "403", "429")
"""Statuses of every function."""
_OWN: Final = ("RequestFacts", "SessionFacts")
"""Named like those on the page of facts, and not there."""
_FACTS: Final = ("Finding", "Moment")
"""The other way round."""


def reference_page() -> str:
    """The text of the page, in Markdown."""
    return "\n".join(_page())


def _page() -> Iterator[str]:
    described = describe()
    yield "<!-- Made by docs/generate.py from the source; edit there. -->"
    yield f"# HTTP API\n\n{_INTRO}\n"
    for tag, title in _GROUPS.items():
        yield f"## {title}\n"
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                if operation["tags"] == [tag]:
                    yield from _operation(method, path, operation)
    yield f"## Events\n\n{_EVENTS}\n"
    yield from _events()
    yield "## Values\n"
    yield "The facts about media in a report have [a page of their own](facts.md).\n"
    for name, schema in sorted(described["components"]["schemas"].items()):
        if not _is_fact(name):
            yield from _value(name, schema)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    head = list(head)
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"
    yield ""


def _is_fact(name: str) -> bool:
    """Whether a value is described on the page of facts."""
    return name in _FACTS or (name.endswith("Facts") and name not in _OWN)


def _operation(method: str, path: str, operation: Any) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`\n"
    yield f"**{operation['summary']}.** {_line(operation['description'])}\n"
    if parameters := operation.get("parameters"):
        rows = [
            [
                f"`{each['name']}`",
                "yes" if each["required"] else _default(each["schema"]),
                _type(each["schema"]),
                each["description"],
            ]
            for each in parameters
            if each["in"] != "path"
        ]
        if rows:
            yield from _table(["Parameter", "Needed", "Type", "Meaning"], rows)
    if body := operation.get("requestBody"):
        [content] = body["content"].values()
        yield f"The body is JSON: {_type(content['schema'])}.\n"
    yield from _table(
        ["Status", "Answer", "Meaning"],
        (
            [status, _content(answer), _status(status, answer)]
            for status, answer in sorted(operation["responses"].items())
            if status not in _SAME
        ),
    )


def _default(schema: Any) -> str:
    default = schema.get("default")
    text = str(default).lower() if isinstance(default, bool) else default
    return "no" if default in (None, "") else f"no; `{text}`"


def _content(answer: Any) -> str:
    [content] = (answer.get("content") or {"": None}).values()
    return _type(content["schema"]) if content else "none"


def _status(status: str, answer: Any) -> str:
    done = {"200": "Done.", "204": "Done."}
    ours = answer["description"]
    return done[status] if ours.startswith("Request fulfilled") else ours


def _events() -> Iterator[str]:
    rows = []
    for kind in Event.__subclasses__():
        about = meanings(kind)
        own = (field.name for field in attrs.fields(kind) if field.name not in _EVERY)
        told = (f"`{name}`: {about[name]}" if name in about else f"`{name}`" for name in own)
        rows.append([f"`{event_word(kind)}`", first_paragraph(kind.__doc__), "; ".join(told)])
    yield from _table(["Event", "When", "With"], sorted(rows))
    yield "Three are about the answer itself:\n"
    yield from _table(
        ["Event", "When", "With"],
        [
            ["`missed`", "What came after the event that the client knows is not kept any more, "
             "as it was away, or did not read, for too long.", "`after`; `first`, the oldest that "
             "is kept; `count`, how many were missed"],
            ["`restarted`", "The client knows an event that this server has not had: it is another "
             "one. All that this one has had follows.", "`after`; `last`, its newest event"],
            ["`end`", "The server stops. Nothing follows.", "`reason`"],
        ],
    )  # fmt: skip


def _value(name: str, schema: Any) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"{schema['description']}\n" if schema.get("description") else ""
    if "properties" in schema:
        yield from _table(
            ["Name", "Type", "Meaning"],
            (
                [f"`{key}`", _type(value), as_text(value.get("description", ""))]
                for key, value in schema["properties"].items()
            ),
        )
    elif words := schema.get("enum"):
        yield f"One of {', '.join(f'`{word}`' for word in words)}.\n"


def _type(schema: Any) -> str:
    """A type in words, with a link where it has a table of its own."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_PART)
        return f"[{name}]({'facts.md' if _is_fact(name) else ''}#{name.lower()})"
    if "oneOf" in schema:
        kinds = [_type(each) for each in schema["oneOf"]]
        return " or ".join(sorted(kinds, key=lambda kind: kind == "null"))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}" if "items" in schema else "list"
    kind = schema.get("type", "any")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _line(text: str) -> str:
    return " ".join(text.split())
