"""Playlists and manifests, made once for all who ask until something changes. Floor 3."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

import attrs

from trio_srs.hub.segmented_stream import SegmentedStream
from trio_srs.service.base import WebAnswer

__all__ = ["Rendered", "text_answer"]


@attrs.define
class _Text:
    """What was written last, and its answers by how long they may be kept."""

    revision: int
    answer: WebAnswer
    aged: dict[int, WebAnswer] = attrs.field(factory=dict)


class Rendered:
    """What was last answered of each stream: the same bytes for all who ask."""

    def __init__(self, content_type: str) -> None:
        self._content_type = content_type
        self._texts: WeakKeyDictionary[SegmentedStream, dict[str, _Text]] = WeakKeyDictionary()

    def answer(
        self,
        live: SegmentedStream,
        revision: int,
        key: str,
        write: Callable[[], str],
        max_age_s: int,
    ) -> WebAnswer:
        """What is under a key, as of now.

        Args:
            revision: of the stream: another one whenever the text is.
            write: makes the text, if it is another one than was made last.
            max_age_s: how long it may be kept.
        """
        texts = self._texts.get(live)
        if texts is None:
            texts = self._texts[live] = {}
        text = texts.get(key)
        if text is None or text.revision != revision:
            etag = f'"{live.epoch}-{revision}-{key}"'
            made = text_answer(self._content_type, write().encode(), etag)
            text = texts[key] = _Text(revision, made)
        aged = text.aged.get(max_age_s)
        if aged is None:
            aged = attrs.evolve(text.answer, cache_control=f"max-age={max_age_s}")
            text.aged[max_age_s] = aged
        return aged


def text_answer(content_type: str, text: bytes, etag: str = "") -> WebAnswer:
    """One that may not be kept, unless it is said for how long it may."""
    return WebAnswer(
        content_type=content_type,
        chunks=(text,),
        cache_control="no-store",
        etag=etag,
        is_text=True,
    )
