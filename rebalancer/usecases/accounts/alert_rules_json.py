"""The rules of a user's own as JSON."""

from __future__ import annotations

from alerts.triggers.user_rules import RuleState


def rule_to_json(portfolio: str, when: str, state: RuleState | None) -> dict[str, object]:
    """Return a rule of a portfolio and whether it is true; null where that is not known."""
    return {
        "portfolio": portfolio,
        "when": when,
        "is_true": state.holds if state is not None else None,
    }
