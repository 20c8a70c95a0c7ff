"""JUnit XML: a test case for each expectation. Floor 6.

The dialect is what Jenkins, GitLab, GitHub's reporters and Azure read alike: ``testsuites``, one
``testsuite``, ``testcase`` with ``failure``, ``error`` or ``skipped``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from xml.etree import ElementTree as ET

from trio_srs.tools.verdicts.outcome import Case, Outcome, Status
from trio_srs.tools.verdicts.printable import printable
from trio_srs.tools.verdicts.report_table import report_lines

__all__ = ["junit_xml"]

_SUITE: Final = "trio-srs expect"
_FAULTS: Final = {"rule": ("failure", "not met"), "stream": ("error", "no stream"),
                  "command": ("error", "command failed")}  # fmt: skip
"""What an unmet case of each kind is called: its element and its type."""


def junit_xml(outcome: Outcome) -> bytes:
    """The whole file, UTF-8."""
    cases = outcome.cases
    counts = {
        "tests": str(len(cases)),
        "failures": _count(cases, "failure"),
        "errors": _count(cases, "error"),
        "skipped": str(sum(case.status is Status.SKIPPED for case in cases)),
        "time": f"{outcome.seconds:.3f}",
    }
    began = datetime.fromtimestamp(outcome.began_at, UTC).isoformat(timespec="seconds")
    target = _text(outcome.target)
    root = ET.Element("testsuites", {"name": _SUITE, **counts})
    suite = ET.SubElement(root, "testsuite", {"name": target, "timestamp": began, **counts})
    for case in cases:
        _add_case(suite, case, f"{_SUITE}.{target}")
    _add_output(suite, outcome)
    ET.indent(root)
    return b"%s\n" % ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _count(cases: tuple[Case, ...], element: str) -> str:
    return str(
        sum(case.status is Status.FAILED and _FAULTS[case.kind][0] == element for case in cases)
    )


def _add_case(suite: ET.Element, case: Case, classname: str) -> None:
    element = ET.SubElement(
        suite, "testcase", classname=classname, name=_text(case.name), time="0.000"
    )
    message = _text(case.message)
    if case.status is Status.SKIPPED:
        ET.SubElement(element, "skipped", message=message)
    elif case.status is Status.FAILED:
        name, kind = _FAULTS[case.kind]
        fault = ET.SubElement(element, name, message=message, type=kind)
        fault.text = "\n".join((message, *map(_text, case.details)))


def _add_output(suite: ET.Element, outcome: Outcome) -> None:
    if outcome.report is not None:
        lines = report_lines(outcome.report)
        ET.SubElement(suite, "system-out").text = "\n".join(map(_text, lines))
    if outcome.program is not None and outcome.program.last_lines:
        ET.SubElement(suite, "system-err").text = "\n".join(map(_text, outcome.program.last_lines))


def _text(text: str) -> str:
    """What XML can have: no control characters, and nothing that is no character at all."""
    return printable(text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff"))
