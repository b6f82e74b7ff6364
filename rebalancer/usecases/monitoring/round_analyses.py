"""The analyses of one round: every part of it works on the same ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio
from rebalancer.usecases.proposals.analysis import Analysis, analyse

Analyse = Callable[[Portfolio, Market], Analysis]


@dataclass(frozen=True, slots=True)
class RoundAnalyses:
    """What was analysed in a round; a portfolio again only where it changed meanwhile.

    Attributes:
        market: at the moment of the round.
        analyse: does the work.
    """

    market: Market
    analyse: Analyse = analyse
    _known: dict[str, Analysis] = field(default_factory=dict, init=False)

    def of(self, portfolio: Portfolio) -> Analysis:
        """Return the analysis of a portfolio."""
        known = self._known.get(portfolio.name)
        if known is None or known.portfolio != portfolio:
            known = self._known[portfolio.name] = self.analyse(portfolio, self.market)
        return known
