"""What is said of rules that cannot be read. Floor 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from trio_srs.errors import RefusedError

__all__ = ["RuleError"]


class RuleError(RefusedError):
    """A rule cannot be read; the text says which, and what could stand there.

    Attributes:
        problems: one sentence for each thing that is wrong, where several were looked for.
    """

    code = "bad_rule"
    http_status: ClassVar[int] = 400

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems: Sequence[str] = problems
