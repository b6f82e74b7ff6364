"""Commands about the person himself: help, mute, settings, rules; and about the service."""

from __future__ import annotations

from dataclasses import replace

from alerts.memory import Memory
from alerts.outbox import Outbox
from alerts.preferencestore import PreferenceStore
from portfolios.errors import UsageError
from portfolios.holdings import AlertRule
from portfolios.linking import unlink
from portfolios.loaders.rules import parse_rule
from rebalancer.bot.asking import Ask
from rebalancer.bot.replying import Reply, lines, said
from rebalancer.service.choosing import choose
from rebalancer.service.datanews import doubts
from rebalancer.service.doctor import market_age


def stop(ask: Ask) -> Reply:
    """Unlink the chat."""
    unlink(ask.store.database, ask.person.chat)
    return said(ask, "Unlinked: nothing more is sent here", note="the owner can link you again")


def mute(ask: Ask) -> Reply:
    """Hold everything for a while."""
    return _chosen(ask, [f"mute={ask.words[0] if ask.words else '8h'}"])


def unmute(ask: Ask) -> Reply:
    """Send again what comes."""
    return _chosen(ask, ["mute=off"])


def settings(ask: Ask) -> Reply:
    """Show or change what reaches the person."""
    return _chosen(ask, list(ask.words))


def _chosen(ask: Ask, words: list[str]) -> Reply:
    kept = PreferenceStore(ask.store.database)
    with ask.store.database.transaction():
        chosen = choose(kept.preferences(ask.person.name), words, now=ask.now)
        kept.save(ask.person.name, chosen)
    quiet = f"{chosen.quiet_from} to {chosen.quiet_until}" if chosen.quiet_from else "none"
    told = [f"quiet hours: {quiet} ({ask.person.timezone})", f"budget: {chosen.budget} a day"]
    if chosen.muted_until is not None and chosen.muted_until > ask.now:
        told.append(f"muted until {chosen.muted_until:%H:%M} UTC, and everything is kept")
    told += [f"{key}: {way.value}" for key, way in sorted(chosen.ways.items())]
    return said(
        ask, "What reaches you", lines(*told), note="/settings quiet=22:00-07:00 changes it"
    )


def alerts(ask: Ask) -> Reply:
    """Show the rules and their state."""
    told = []
    for own in ask.portfolios():
        states = {s.when: s for s in Memory(ask.store.database, own.name).rules()}
        for rule in own.alerts:
            state = states.get(rule.when)
            words = "not looked at yet" if state is None else "true" if state.is_true else "false"
            told.append(f"{own.name}: {rule.when} ({words})")
    if not told:
        return said(ask, "No rules of your own yet", note="/alert price bitcoin > 100000")
    return said(ask, f"{len(told)} rules", lines(*told))


def alert(ask: Ask) -> Reply:
    """Add a rule to the only portfolio."""
    rule = " ".join(ask.words)
    try:
        parse_rule(rule)
    except ValueError as error:
        raise UsageError(str(error), hint="/alert price bitcoin > 100000") from None
    with ask.store.database.transaction():
        own = ask.portfolio()
        kept = ask.store.load_portfolio(own.name)
        if AlertRule(rule) not in kept.alerts:
            changed = replace(kept, alerts=(*kept.alerts, AlertRule(rule)))
            ask.store.save_portfolio(changed, at=ask.now)
    return said(ask, f"{own.name}: tells you when {rule}")


def health(ask: Ask) -> Reply:
    """Tell ages and what waits."""
    told = [market_age(ask.market())]
    seen = {h.asset_id for p in ask.portfolios() for h in p.holdings if h.stated is None}
    told += list(doubts(ask.market(), seen))[:8]
    mine = Outbox(ask.store.database).find(person=ask.person.name)
    told.append(f"{sum(d.state.is_alive for d in mine)} messages wait for you")
    return said(ask, "Health", lines(*told))
