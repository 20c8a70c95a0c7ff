"""Playlists and manifests, made once for all who ask until something changes. Floor 3."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Hashable
from typing import Final
from weakref import WeakKeyDictionary

from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.service.base import WebAnswer

__all__ = ["Rendered", "text_answer"]

_GZIP_LEVEL: Final = 5


class Rendered:
    """What was last answered of each stream: the same bytes for all who ask."""

    def __init__(self, content_type: str) -> None:
        self._content_type = content_type
        self._answers: WeakKeyDictionary[SegmentedStream, dict[Hashable, tuple[int, WebAnswer]]] = (
            WeakKeyDictionary()
        )

    def answer(
        self, live: SegmentedStream, revision: int, key: str, write: Callable[[], str]
    ) -> WebAnswer:
        """What is under a key, as of now.

        Args:
            revision: of the stream: another one whenever the text is.
            write: makes the text, if it is another one than was made last.
        """
        answers = self._answers.setdefault(live, {})
        known = answers.get(key)
        if known is None or known[0] != revision:
            answer = text_answer(
                self._content_type, write().encode(), f'"{live.epoch}-{revision}-{key}"'
            )
            known = answers[key] = revision, answer
        return known[1]


def text_answer(content_type: str, text: bytes, etag: str = "") -> WebAnswer:
    """One that may not be kept, unless it is said for how long it may."""
    return WebAnswer(
        content_type=content_type,
        chunks=(text,),
        cache_control="no-store",
        etag=etag,
        packed=gzip.compress(text, _GZIP_LEVEL, mtime=0),
    )
