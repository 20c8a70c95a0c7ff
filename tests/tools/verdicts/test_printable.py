"""What does not print is shown as an escape."""

from __future__ import annotations

import pytest

from trio_srs.tools.verdicts.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä", "plain ä"),
        ("\x1b[1m\n", "\\x1b[1m\\n"),
        ("\u202e\ud800\ufffe", "\\u202e\\ud800\\ufffe"),
    ],
)
def test_escapes_stand_for_what_does_not_print(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_is_to_be_kept_is_kept() -> None:
    assert printable("a\n\tb", keep="\n") == "a\n\\tb"
