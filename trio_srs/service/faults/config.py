"""The [faults] section: what the server does wrong on purpose. Floor 3."""

from __future__ import annotations

import attrs

from trio_srs.units import within

__all__ = ["FaultsConfig"]


def _check_rules(_config: object, _field: object, rules: tuple[str, ...]) -> None:
    if rules:  # hardly anybody has any
        from trio_srs.errors import RefusedError
        from trio_srs.faults.fault_plan import FaultPlan
        from trio_srs.faults.fault_text import parse_fault

        plan = FaultPlan()
        for text in rules:
            try:
                plan.add(parse_fault(text))
            except RefusedError as error:
                raise ValueError(str(error)) from None


@attrs.frozen(kw_only=True)
class FaultsConfig:
    """What the server does wrong on purpose, so that clients can be tested with it. Never in
    production."""

    rules: tuple[str, ...] = attrs.field(
        default=(), validator=_check_rules, metadata={"live": False}
    )
    """Faults, each as `KIND [MOMENT] [KEY=VALUE ...]`: `"refuse publish app=live times=2"`,
    `"reset publish after=2s"`, `"stall publish after=50frames for=10s"`. Two that contradict each
    other are an error."""
    seed: int = attrs.field(default=0, validator=within(0, 2**63 - 1), metadata={"live": False})
    """What is left to chance is drawn from this: the same seed, and the same order of clients, is
    the same faults."""
