"""The page of the rules of packaging."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generators.markdown import page, sentence, table
from docs.generators.source import attribute_docs
from trio_srs.media.packaging.packaging_rule import PackagingRule
from trio_srs.media.packaging.packaging_rules import PACKAGING_RULES

__all__ = ["packaging_rules_page"]


@page("the source; edit there.")
def packaging_rules_page() -> Iterator[str]:
    """Every rule of HLS and DASH that is judged by, with its clause."""
    yield "# Rules of HLS and DASH\n"
    yield "`trio_srs.media.packaging` finds which of these a server breaks, this one or any other,"
    yield "by what a viewer got. It asks for nothing itself: give it each answer as a `Fetched`,"
    yield "playlists as often as they came.\n"
    yield "```python"
    yield "from trio_srs.media.packaging.fetched import Fetched"
    yield "from trio_srs.media.packaging.packaging_rules import check_packaging"
    yield "from trio_srs.media.packaging.viewing import Viewing\n"
    yield 'answer = Fetched(url="http://host/a.m3u8", asked_at_s=0.0, at_s=0.1, body=b"#EXTM3U\\n")'
    yield "for breach in check_packaging(Viewing([answer])):"
    yield "    print(breach)"
    yield "```\n"
    yield f"Clauses: {sentence(attribute_docs(PackagingRule)['clause'])}\n"
    yield "An *error* is what a player fails at, or a MUST; a *warning* is what it gets by.\n"
    rows = (
        [f"`{rule.name}`", rule.severity.value, rule.meaning, rule.clause]
        for rule in PACKAGING_RULES
    )
    yield from table(["Rule", "Broken", "What has to be", "Clause"], rows)
