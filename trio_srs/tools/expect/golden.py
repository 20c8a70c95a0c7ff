"""The golden files that rules about digests name. Floor 6."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trio_srs.media.expect import Rule, golden_files
from trio_srs.media.report import StreamReport

__all__ = ["golden_reports"]


def golden_reports(rules: Iterable[Rule], folder: Path) -> dict[str, StreamReport]:
    """Look at the files that rules compare with, by the names that the rules have for them.

    Args:
        folder: where names that are no absolute paths begin.

    Raises:
        MediaFileError: one cannot be read, is no FLV file with audio or video in it, or not whole.
    """
    names = golden_files(rules)
    if not names:
        return {}
    # Only here: few runs need it.
    from trio_srs.tools.expect.media_file import report_of_file, what_is_missing
    from trio_srs.tools.publish import MediaFileError

    reports = {name: report_of_file(folder / name) for name in names}
    for name, report in reports.items():
        if missing := what_is_missing(report):
            raise MediaFileError(f"{name}: {missing}")
        if report.facts.digests is None:
            raise MediaFileError(f"{name}: expected FLV, which alone has messages to compare")
    return reports
