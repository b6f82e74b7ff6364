"""Check a portfolio: judge it, remember, and tell what is news, all in one unit.

The proposal of the same moment is saved, its messages are written, and what was remembered moves
on together: a crash leaves all of it or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType

from alerts.delivery.routing import Post
from alerts.messages import Kind, Message
from alerts.texts.event_messages import (
    changes_message,
    proposal_message,
    rules_message,
    withheld_message,
    zone_message,
)
from alerts.triggers.changes import News, drift_news, grade_news, signal_news, unlock_news
from alerts.triggers.flips import Advance, advance
from alerts.triggers.proposals import is_news
from alerts.triggers.state_store import AlertState
from alerts.triggers.user_rules import RuleContext, judge_rules
from portfolios.errors import NotFoundError
from portfolios.model.booking import changes_since
from portfolios.model.market import Market
from portfolios.model.plan import Decision, Finding, Plan
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Person
from portfolios.store.database import Database
from portfolios.store.portfolio_store import Store
from portfolios.values.canonical import read_utc, utc_text
from rebalancer.decision.triggers import Trigger
from rebalancer.usecases.proposals.analysis import Analysis
from rebalancer.usecases.proposals.keep import keep_and_offer

BETWEEN_GROUPS = timedelta(minutes=5)
"""Zones of one portfolio are told at most so often; what happens in between comes together."""
NOTHING: Mapping[str, str] = MappingProxyType({})
CALENDAR = "calendar"
ZONES = (Kind.ZONE_RED, Kind.ZONE_AMBER)
AGAIN = timedelta(days=7)
"""An unchanged proposal is told again after so long."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check led to.

    Attributes:
        messages: worth sending, before anyone's preferences are applied.
        deliveries: new ones in the outbox.
    """

    messages: tuple[Message, ...]
    deliveries: int


def check(
    store: Store,
    analysis: Analysis,
    *,
    findings: Sequence[Finding],
    plan: Plan | None,
    people: Sequence[Person],
    now: datetime,
    outside: Mapping[str, str] | None = None,
) -> Checked:
    """Remember what was judged and tell what is news.

    Args:
        store: of the portfolio; the tables of alerts are in the same file.
        analysis: of the portfolio as it is, without a cash flow.
        findings: of the analysis.
        plan: proposed at the same moment; None when no plan was asked for. It is kept when it is
            sent: a plan that no reader sees would only fill the history.
        people: who may see the portfolio.
        now: the moment of the clock.
        outside: holdings outside their bands, asset id -> how far, in words; None while that
            is unknown.
    """
    portfolio, market = analysis.portfolio, analysis.market
    concerned = [person for person in people if person.may_see(portfolio.name)]
    state = AlertState(store.database, portfolio.name)
    post = Post.of(store, now=now)
    with store.database.transaction():
        current = plan if plan is not None and _is_of_now(store, plan) else None
        told = [
            *_zones(state, analysis, findings),
            *_rules(state, analysis, plan),
            *_news(state, portfolio, market, outside),
            *_proposal(store, state, current, now, min_trade=analysis.min_trade),
        ]
        state.mark(_calendar_mark(state, current, market))
        earlier = state.marks().get("zones", "")
        new = sum(
            post.send(m, concerned, answers=earlier if m.kind is Kind.CLEARED else "") for m in told
        )
        for message in told:
            if message.kind in ZONES:
                state.mark({"zones": message.key})
    return Checked(tuple(told), new)


def _zones(state: AlertState, analysis: Analysis, findings: Sequence[Finding]) -> list[Message]:
    market, valuation = analysis.market, analysis.valuation
    last = state.marks().get("grouped")
    if last is not None and timedelta(0) <= market.as_of - read_utc(last) < BETWEEN_GROUPS:
        return []  # nothing is remembered either, so the next look finds it
    weights = dict(zip(valuation.asset_ids, valuation.weights().tolist(), strict=True))
    if not valuation.total.is_known:
        weights = dict.fromkeys(weights, 1.0)  # nothing is known to be too small to matter
    step: Advance = advance(
        state.conditions(), state.told(), findings, at=market.as_of, weights=weights
    )
    state.keep_conditions(step.conditions, step.told)
    names = {a: asset.symbol for a, asset in market.assets.items()}
    message = zone_message(
        analysis.portfolio.name,
        step,
        as_of=market.as_of,
        names=names,
        priced_at=valuation.priced_at,
        is_sample=market.is_sample,
    )
    if message is not None:
        state.mark({"grouped": utc_text(market.as_of)})
    return _some(message)


def _rules(state: AlertState, analysis: Analysis, plan: Plan | None) -> list[Message]:
    portfolio, market = analysis.portfolio, analysis.market
    reference = {p.asset_id: p.reference_weight for p in plan.positions} if plan else {}
    context = RuleContext(portfolio, analysis.valuation, market, reference)
    states, fired = judge_rules(context, state.rules(), at=market.as_of)
    state.keep_rules(states)
    priced_at = analysis.valuation.priced_at
    message = rules_message(
        portfolio.name,
        fired,
        as_of=market.as_of,
        priced_at=priced_at,
        is_sample=market.is_sample,
    )
    return _some(message)


def _news(
    state: AlertState, portfolio: Portfolio, market: Market, outside: Mapping[str, str] | None
) -> list[Message]:
    marks, found = state.marks(), []
    told: tuple[tuple[Kind, str, News], ...] = (
        (Kind.SIGNAL, "signals turned", signal_news(portfolio, market, marks)),
        (Kind.GRADE, "grades moved", grade_news(portfolio, market, marks)),
        (Kind.DRIFT, "holdings left their bands", drift_news(outside, marks)),
        (Kind.UNLOCK, "locks end", unlock_news(portfolio, market, marks)),
    )
    for kind, what, news in told:
        state.mark(news.marks)
        # The same prices may bring other news a round later, so the words are part of the key.
        words = sha256("\n".join(news.lines).encode()).hexdigest()[:12]
        key = f"{kind.value}:{portfolio.name}:{market.as_of.isoformat()}:{words}"
        found += _some(
            changes_message(
                portfolio.name,
                kind,
                news.lines,
                key=key,
                as_of=market.as_of,
                what=what,
                priced_at=market.priced_at,
                is_sample=market.is_sample,
            )
        )
    return found


def _proposal(
    store: Store, state: AlertState, plan: Plan | None, now: datetime, *, min_trade: Decimal
) -> list[Message]:
    if plan is None or plan.decision is Decision.HOLD:
        return []
    if plan.decision is Decision.WITHHELD:
        return [withheld_message(plan)]
    told = _told_of_late(store, state.marks(), now)
    if not is_news(plan, [each for each, _ in told], min_trade=min_trade):
        return []
    kept = [(plan.plan_id, utc_text(now)), *((each.plan_id, utc_text(at)) for each, at in told)]
    state.mark({"proposals": json.dumps(kept)})
    keep_and_offer(store, plan, at=now)
    return [proposal_message(plan)]


def _is_of_now(store: Store, plan: Plan) -> bool:
    """Tell whether a plan starts from what is kept: holdings may be booked while it is made."""
    try:
        return not changes_since(plan, store.load_portfolio(plan.portfolio))
    except NotFoundError:
        return False


def _calendar_mark(state: AlertState, plan: Plan | None, market: Market) -> Mapping[str, str]:
    """Return when the portfolio was last looked at by the calendar, to be remembered."""
    is_first = CALENDAR not in state.marks()
    is_due = plan is not None and (Trigger.CALENDAR in plan.trigger or plan.trades)
    return {CALENDAR: utc_text(market.as_of)} if is_first or is_due else NOTHING


def last_checked(database: Database, portfolio: str) -> datetime | None:
    """Return when a portfolio was last looked at by the calendar; None where it never was."""
    kept = AlertState(database, portfolio).marks().get(CALENDAR)
    return None if kept is None else read_utc(kept)


def _told_of_late(
    store: Store, marks: Mapping[str, str], now: datetime
) -> list[tuple[Plan, datetime]]:
    """Return the proposals that are not told again yet, and when each was, the newest first."""
    told = []
    for plan_id, at in json.loads(marks.get("proposals", "[]")):
        with suppress(NotFoundError):
            if timedelta(0) <= now - read_utc(at) < AGAIN:
                told.append((store.load_plan(plan_id), read_utc(at)))
    return told


def _some(message: Message | None) -> list[Message]:
    return [] if message is None else [message]
