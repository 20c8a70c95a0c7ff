"""Has decoded what rules need decoded, before they are judged. Floor 2."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import attrs

from trio_srs.decoding.decode import decode_file
from trio_srs.decoding.extra import can_decode, check_can_decode
from trio_srs.media.decoded.decoded import Decoded
from trio_srs.media.delay import delay_between
from trio_srs.media.expect import Evidence, Rule

__all__ = ["KeptMedia", "check_rules", "needs_decoding", "with_decoded"]

_COMPARING: Final = ("picture.ssim", "picture.psnr", "picture.vmaf", "picture.compared")
_VMAF: Final = "picture.vmaf"
_DELAY: Final = "delay."
_NOT_KEPT: Final = "it cannot be decoded: nothing of it was kept"
_REMEMBERED: Final = 8


@attrs.frozen(kw_only=True)
class KeptMedia:
    """The files (FLV) in which media are that may have to be decoded."""

    stream: Path | None = None
    """What is judged."""
    source: Path | None = None
    """What it was made of."""
    reference: Path | None = None
    """What its pictures are compared with; None for the source."""

    @classmethod
    def of(cls, evidence: Evidence, reference: Path | None = None) -> KeptMedia:
        """Those that the reports name."""
        source = None if evidence.source is None else evidence.source.captured
        stream = evidence.report.captured
        return cls(
            stream=None if stream is None else Path(stream),
            source=None if source is None else Path(source),
            reference=reference,
        )


def needs_decoding(rules: Sequence[Rule]) -> bool:
    """Whether any rule is about decoded pictures or sound."""
    return any(rule.subject.needs_decoding for rule in rules)


def check_rules(rules: Sequence[Rule]) -> None:
    """See that what the rules need is installed, before anything is run for their sake.

    Raises:
        DecoderNotInstalledError: it is not; the text says which rule needs it, and what to install.
    """
    for rule in rules:
        if rule.subject.needs_decoding:
            check_can_decode(rule.subject.name)
            return


def with_decoded(evidence: Evidence, rules: Sequence[Rule], kept: KeptMedia) -> Evidence:
    """The evidence, and what of it had to be decoded for these rules. Takes its time.

    Rules about the delay from a source have it decoded only where no frame is known otherwise.

    Raises:
        DecoderNotInstalledError: the extra ``decode`` is missing.
    """
    check_rules(rules)
    of_source = any(rule.subject.needs_decoding and rule.subject.from_source for rule in rules)
    of_stream = any(rule.subject.needs_decoding and not rule.subject.from_source for rule in rules)
    if of_source and evidence.source_decoded is None and kept.source is not None:
        evidence = attrs.evolve(evidence, source_decoded=_decoded(kept.source))
    if not of_stream and not _is_lost(evidence, rules, kept):
        return evidence
    reference = (kept.reference or kept.source) if _compares(rules) else None
    by_vmaf = any(rule.subject.name.startswith(_VMAF) for rule in rules)
    known = evidence.decoded
    if (
        known is not None
        and (reference is None or known.compared == str(reference))
        and not by_vmaf
    ):
        return evidence
    if kept.stream is None:
        return attrs.evolve(evidence, undecoded=_NOT_KEPT)
    return attrs.evolve(evidence, decoded=_decoded(kept.stream, reference, by_vmaf))


def _compares(rules: Sequence[Rule]) -> bool:
    return any(rule.subject.name.startswith(_COMPARING) for rule in rules)


def _is_lost(evidence: Evidence, rules: Sequence[Rule], kept: KeptMedia) -> bool:
    """Whether rules are about a delay, and no frame of the source is known but by decoding."""
    if evidence.source is None or evidence.decoded is not None or kept.stream is None:
        return False
    if not any(rule.subject.name.startswith(_DELAY) for rule in rules):
        return False
    return not delay_between(evidence.source, evidence.report).matched and can_decode()


def _decoded(path: Path, reference: Path | None = None, by_vmaf: bool = False) -> Decoded:
    """Decode a file, once for as long as it does not grow."""
    size = path.stat().st_size if path.exists() else 0
    return _remembered(path, size, reference, by_vmaf)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(path: Path, size: int, reference: Path | None, by_vmaf: bool) -> Decoded:
    return decode_file(path, reference=reference, by_vmaf=by_vmaf)
