"""What the present settings would have said over the last months: a rehearsal, nothing is sent.

Each day is judged with what was known on it: closes up to that day and grades made from them.
What a vendor said then is not kept, so only our own grades take part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np

from alerts.messages import Kind, Message
from alerts.texts.event_messages import rules_message, zone_message
from alerts.triggers.flips import Advance, advance
from alerts.triggers.user_rules import RuleContext, RuleState, judge_rules
from portfolios.model.market import Bars, Market, Quote
from portfolios.model.portfolio import Portfolio
from portfolios.providers.technical.grades import technical_grades
from rebalancer.usecases.proposals.analysis import analyse, findings_of

LEAST_HISTORY = 120
"""Days of history before the first day that is judged."""


@dataclass(frozen=True, slots=True)
class ReplayedMessage:
    """One message that would have been sent."""

    on: date
    kind: Kind
    headline: str


def replay_alerts(
    portfolio: Portfolio,
    market: Market,
    *,
    days: int,
    watch: Callable[[int, int], None] = lambda *_: None,
) -> tuple[ReplayedMessage, ...]:
    """Return the messages that today's holdings and rules would have made.

    Args:
        portfolio: as it is now.
        market: with its history.
        days: how many, ending with the last close; fewer where history is short.
        watch: told how many days are done, and of how many.
    """
    dates = market.bars.days[LEAST_HISTORY:][-days:]
    state = Advance((), ())
    rules: tuple[RuleState, ...] = ()
    found: list[ReplayedMessage] = []
    for number, day in enumerate(dates):
        watch(number, len(dates))
        then = market_of_day(market, day)
        messages, state, rules = _day(portfolio, then, state, rules)
        found += [ReplayedMessage(day, message.kind, message.headline) for message in messages]
    return tuple(found)


def market_of_day(market: Market, day: date) -> Market:
    """Return the market as it was known at the end of a day."""
    last = market.bars.days.index(day) + 1
    bars = Bars(
        market.bars.days[:last], market.bars.asset_ids, market.bars.close[:last],
        market.bars.volume[:last],
    )  # fmt: skip
    at = datetime.combine(day + timedelta(days=1), time(), UTC)
    quotes = {
        asset_id: Quote(Decimal(repr(float(close))), at, "history")
        for asset_id, close in zip(bars.asset_ids, bars.close[-1], strict=True)
        if np.isfinite(close) and close > 0
    }
    grades = technical_grades(bars, at=at, assets=market.assets)
    return replace(market, as_of=at, quotes=quotes, grades=grades, bars=bars)


def _day(
    portfolio: Portfolio, market: Market, state: Advance, rules: tuple[RuleState, ...]
) -> tuple[list[Message], Advance, tuple[RuleState, ...]]:
    analysis = analyse(portfolio, market)
    valuation = analysis.valuation
    step = advance(
        state.conditions,
        state.told,
        findings_of(analysis),
        at=market.as_of,
        weights=dict(zip(valuation.asset_ids, valuation.weights().tolist(), strict=True)),
    )
    after, fired = judge_rules(
        RuleContext(portfolio, valuation, market, {}), rules, at=market.as_of
    )
    names = {asset_id: asset.symbol for asset_id, asset in market.assets.items()}
    told = (
        zone_message(
            portfolio.name, step, as_of=market.as_of, names=names, is_sample=market.is_sample
        ),
        rules_message(portfolio.name, fired, as_of=market.as_of, is_sample=market.is_sample),
    )
    return list(_known(told)), step, after


def _known(messages: tuple[Message | None, ...]) -> Iterator[Message]:
    return (message for message in messages if message is not None)
