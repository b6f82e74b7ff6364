"""Proposes sector-aware reweights, flags risk zones and explains them. People trade.

What scripts and notebooks need can be imported from here, and is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portfolios.providers.sample.market import sample_market
    from rebalancer.usecases.accounts.load import load
    from rebalancer.usecases.explanations.what_if import what_if
    from rebalancer.usecases.proposals.analysis import analyse, findings_of
    from rebalancer.usecases.proposals.propose import propose

__all__ = ["analyse", "findings_of", "load", "propose", "sample_market", "what_if"]

_MODULES = {
    "analyse": "rebalancer.usecases.proposals.analysis",
    "findings_of": "rebalancer.usecases.proposals.analysis",
    "load": "rebalancer.usecases.accounts.load",
    "propose": "rebalancer.usecases.proposals.propose",
    "sample_market": "portfolios.providers.sample.market",
    "what_if": "rebalancer.usecases.explanations.what_if",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
