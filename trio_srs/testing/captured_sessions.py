"""Captured sessions of a test that failed, told beside their files. Floor 7."""

from __future__ import annotations

import json
from pathlib import Path

from trio_srs.errors import RefusedError
from trio_srs.tools.inspect.capture_reader import read_captures
from trio_srs.tools.inspect.conversation import conversation
from trio_srs.tools.inspect.said_as_json import about_as_json, as_json_object, outcome_as_json
from trio_srs.tools.inspect.said_in_words import beginning, ending, in_one_line
from trio_srs.wire.session_capture import SessionCapture

__all__ = ["tell_sessions"]


def tell_sessions(folder: Path) -> None:
    """Write each session of a folder down as a conversation (``.txt``) and as lines of JSON
    (``.jsonl``), beside its capture. A server may still write there: what is in the files by now is
    told."""
    for path in sorted(folder.glob("*.rtmpcap")):
        try:
            [session] = read_captures(path).sessions
        except RefusedError as error:  # nothing but the beginning of it is there
            path.with_suffix(".txt").write_text(f"{error}\n", encoding="utf-8")
            continue
        _tell(path, session)


def _tell(path: Path, session: SessionCapture) -> None:
    said = list(conversation(session))
    lines = [*beginning(session), *map(in_one_line, said), *ending(session)]
    path.with_suffix(".txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    objects = [about_as_json(session), *map(as_json_object, said), outcome_as_json(session)]
    text = "".join(f"{json.dumps(each)}\n" for each in objects)
    path.with_suffix(".jsonl").write_text(text, encoding="utf-8")
