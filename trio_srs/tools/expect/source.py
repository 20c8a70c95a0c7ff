"""What a command is given to pull: a file or a synthetic stream. Floor 6."""

from __future__ import annotations

import math
from pathlib import Path

from trio_srs.media.pattern import Pattern, PatternError
from trio_srs.tools.publish import FilePublish, PatternPublish, PublishOptions

__all__ = ["SourceJob", "is_endless", "make_source"]

SourceJob = FilePublish | PatternPublish


def make_source(text: str, seconds: float = math.inf) -> SourceJob:
    """Prepare a source: the path of an FLV file, or a pattern such as ``h264:640x360@25+aac``.

    Args:
        seconds: end before there is more media than this.

    Raises:
        MediaFileError: the file cannot be read, or is no FLV file.
        PatternError: neither a file nor a pattern that can be made.
    """
    path = Path(text)
    if text.endswith(".flv") or path.exists():
        job = FilePublish(path, PublishOptions(seconds=seconds))
        job.check()
        return job
    video, _, audio = text.partition("+")
    try:
        return PatternPublish(Pattern.parse(video, audio or "aac", seconds=seconds))
    except PatternError as error:
        raise PatternError(f"{text!r} is no file, and no pattern: {error}") from error


def is_endless(source: SourceJob) -> bool:
    """Whether it goes on until it is stopped."""
    return isinstance(source, PatternPublish) and source.pattern.seconds == math.inf
