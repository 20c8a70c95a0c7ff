"""From a configuration to the gate of its rules. Floor 3."""

from __future__ import annotations

from trio_srs.service.access.rules_gate import RulesGate
from trio_srs.service.base import Parts

__all__ = ["make_access"]


def make_access(parts: Parts, _config: object) -> None:
    """Let rules decide, behind the gates that are there; also those that a reload brings."""
    access = parts.access
    gate = RulesGate(access.config)
    access.add(gate, when=lambda: bool(access.config().rules))
    access.judge = gate.judge
