"""The description of the API is true: what it allows is taken, what it does not is refused.

schemathesis makes the requests, lawful ones and others, and compares each answer with what the
description says: the status, the headers, the body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from trio_srs.service.api.app import describe
from trio_srs.testing import PublisherProcess, ServerProcess

if TYPE_CHECKING:
    from schemathesis import APIOperation, Case, CheckFunction

    Operations: TypeAlias = dict[str, APIOperation[Any, Any, Any, Any]]

pytestmark = [pytest.mark.described, pytest.mark.slow, pytest.mark.timeout(60)]

DESCRIBED: Final = describe()
LABELS: Final = {
    f"{method.upper()} {path}": operation
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
MORE_TO_KNOW: Final = {
    # lawful by the description, and yet not always 200: rules and faults have grammars,
    "POST /api/v2/streams/{app}/{name}/expect",
    "POST /api/v2/faults",
    # as have names of streams and keys of the configuration, of which some take a restart,
    "POST /api/v2/access/check",
    "PATCH /api/v2/config",
    "POST /api/v2/namespaces",
    "PATCH /api/v2/namespaces/{name}",
    # and what is waited for may not happen
    "GET /api/v2/wait",
}
# Otherwise a lawful request takes as long as its client likes, or ends the publisher of the tests.
AT_ONCE: Final[dict[str, dict[str, Any]]] = {
    "GET /api/v2/wait": {"timeout": 0},
    "GET /api/v2/events": {"follow": "false"},
    "DELETE /api/v2/sessions": {"user": "nobody"},
}
STREAM: Final = "GET /api/v2/streams/{app}/{name}"
KINDS: Final = [
    (label, mode)
    for label, operation in LABELS.items()
    for mode in ("positive", "negative")
    # Where there is only a path, which may be any text, nothing is unlawful; nothing is to SRS.
    if mode == "positive"
    or "requestBody" in operation
    or (
        operation["tags"] != ["srs"]
        and any(parameter["in"] == "query" for parameter in operation.get("parameters", ()))
    )
]
EXAMPLES: Final = {"srs": 3}
"""How many requests of a kind, by what they are about, if they are hardly told apart."""


@pytest.fixture(scope="module")
def operations() -> Operations:
    """As schemathesis reads them. It takes a second to import, so not whenever tests are found."""
    import schemathesis
    from schemathesis.checks import load_all_checks
    from schemathesis.core.result import Ok

    load_all_checks()
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(DESCRIBED)))
    read = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    return {operation.label: operation for operation in read}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server with a stream that is over, and another that goes on."""
    with ServerProcess(api={"listen": ["127.0.0.1:0"]}) as server:
        with PublisherProcess(server.url("live/a"), seconds=0.2) as ended:
            ended.wait()
        with PublisherProcess(server.url("live/b")):
            yield server.addresses["api"][0]


def validate(case: Case[Any], url: str, **query: Any) -> None:
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    case.query = {**(case.query or {}), **query}
    unasked: list[CheckFunction] = []
    if case.operation.label in MORE_TO_KNOW:
        unasked.append(positive_data_acceptance)
    case.call_and_validate(base_url=url, timeout=5, excluded_checks=unasked)


def test_every_operation_can_be_read(operations: Operations) -> None:
    assert len(operations) > 10
    assert set(operations) == set(LABELS)


@pytest.mark.parametrize(("label", "mode"), KINDS)
def test_the_description_is_true(label: str, mode: str, url: str, operations: Operations) -> None:
    from schemathesis import GenerationMode

    query: dict[str, Any] = AT_ONCE.get(label, {}) if mode == "positive" else {}

    @given(case=operations[label].as_strategy(generation_mode=GenerationMode(mode)))
    @settings(
        max_examples=EXAMPLES.get(LABELS[label]["tags"][0], 10),
        deadline=None,
        derandomize=True,  # a lucky guess, such as 1 for true, would hold up somebody's merge
        phases=[Phase.generate],  # nothing to shrink: a server remembers
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def law(case: Case[Any]) -> None:
        validate(case, url, **query)

    law()


@pytest.mark.parametrize(
    ("label", "path", "query", "status"),
    [
        (STREAM, {"app": "live", "name": "b"}, {}, 200),
        (f"{STREAM}/report", {"app": "live", "name": "a"}, {"trace": 1}, 200),
        (f"{STREAM}/reports", {"app": "live", "name": "b"}, {}, 200),
        ("GET /api/v2/sessions/{session}", {"session": "c1"}, {}, 200),
        ("GET /api/v2/wait", {}, {"stream": "live/b", "until": "frames:3"}, 200),
        ("GET /api/v2/wait", {}, {"stream": "live/c", "timeout": 0}, 408),
        ("GET /api/v2/events", {}, {"since": 0, "follow": "false"}, 200),
    ],
)
def test_the_description_is_true_of_what_there_is(
    label: str,
    path: dict[str, Any],
    query: dict[str, Any],
    status: int,
    url: str,
    operations: Operations,
) -> None:
    """Names that are drawn hardly ever hit a stream."""
    case = operations[label].Case(path_parameters=path, query=query)
    assert case.call(base_url=url).status_code == status
    validate(case, url)


def test_the_description_is_true_of_verdicts(url: str, operations: Operations) -> None:
    label = "POST /api/v2/streams/{app}/{name}/expect"
    body: Any = {"rules": ["video.codec == h264", "video.frames > 1000"]}
    case = operations[label].Case(
        path_parameters={"app": "live", "name": "a"}, body=body, media_type="application/json"
    )
    answer = case.call(base_url=url)
    assert [verdict["met"] for verdict in answer.json()["verdicts"]] == [True, False]
    validate(case, url)
