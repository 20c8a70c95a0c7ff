"""All rules, and who looks for what breaks them. Floor 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trio_srs.media.packaging.dash_rules import DASH_RULES
from trio_srs.media.packaging.delivery_rules import DELIVERY_RULES
from trio_srs.media.packaging.directive_rules import DIRECTIVE_RULES
from trio_srs.media.packaging.fmp4_rules import FMP4_RULES
from trio_srs.media.packaging.low_latency_rules import LOW_LATENCY_RULES
from trio_srs.media.packaging.media_playlist_rules import MEDIA_PLAYLIST_RULES
from trio_srs.media.packaging.multivariant_rules import MULTIVARIANT_RULES
from trio_srs.media.packaging.packaging_rule import Breach, PackagingRule
from trio_srs.media.packaging.text_rules import TEXT_RULES
from trio_srs.media.packaging.timeline_rules import TIMELINE_RULES
from trio_srs.media.packaging.ts_rules import TS_RULES
from trio_srs.media.packaging.viewing import Viewing

__all__ = ["PACKAGING_RULES", "check_packaging"]

PACKAGING_RULES: Final[tuple[PackagingRule, ...]] = (
    *TEXT_RULES,
    *MEDIA_PLAYLIST_RULES,
    *MULTIVARIANT_RULES,
    *LOW_LATENCY_RULES,
    *DIRECTIVE_RULES,
    *DELIVERY_RULES,
    *TIMELINE_RULES,
    *TS_RULES,
    *FMP4_RULES,
    *DASH_RULES,
)
"""Every rule."""


def check_packaging(
    viewing: Viewing, rules: Sequence[PackagingRule] = PACKAGING_RULES
) -> list[Breach]:
    """Find what is broken of some rules, or of all: each in each place once, in the order of the
    rules. Never raises."""
    found: dict[tuple[str, str], Breach] = {}
    for rule in rules:
        for departure in rule.find(viewing):
            key = rule.name, departure.where
            known = found.setdefault(key, Breach(rule, departure, 0))
            known.count += 1
    return list(found.values())
