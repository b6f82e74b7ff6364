"""Every command once: the menu, the help and the dispatch are made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.messages import Block, Style
from portfolios.people import Role
from rebalancer.bot import (
    assistant,
    deciding,
    health,
    holdings,
    importing,
    locking,
    markets,
    own,
    people,
    pictures,
    proposals,
    results,
    rules,
    settings,
    signals,
    tokens,
    whatif,
)
from rebalancer.bot.asking import Ask
from rebalancer.bot.replying import Command, Reply, lines, said

RANKS: Mapping[Role, int] = MappingProxyType({Role.VIEWER: 0, Role.APPROVER: 1, Role.OWNER: 2})
LOOK, DECIDE, YOURS, OWNERS = "Look", "Decide", "Yours", "Owner"
VIEWER, APPROVER, OWNER = Role.VIEWER, Role.APPROVER, Role.OWNER


def _help(ask: Ask) -> Reply:
    """Show what can be asked, by whoever asks."""
    shown = [c for c in COMMANDS.values() if may_use(ask.person.role, c)]
    if ask.is_group:
        shown = [c for c in shown if c.in_groups]
    blocks: list[Block] = []
    for group in dict.fromkeys(c.group for c in shown):
        told = [f"/{c.name} {c.help}" for c in shown if c.group == group]
        blocks += [Block(Style.HEADING, group), lines(*told)]
    return said(ask, "What you can ask", *blocks)


_EVERY = (
    Command("help", "what you can ask", VIEWER, _help, in_groups=True),
    Command("status", "value, drift and zone", VIEWER, holdings.status, in_groups=True),
    Command("portfolio", "what is held", VIEWER, holdings.portfolio, in_groups=True),
    Command("sectors", "sectors and their limits", VIEWER, holdings.sectors, in_groups=True),
    Command("risk", "zones with their reasons", VIEWER, holdings.risk, in_groups=True),
    Command("signals", "trends, grades, what changed", VIEWER, signals.signals, in_groups=True),
    Command("token", "one token: /token SOL", VIEWER, tokens.token, in_groups=True),
    Command("market", "tokens: /market sort=change", VIEWER, markets.market, in_groups=True),
    Command(
        "chart", "pictures: /chart of=risk", VIEWER, pictures.chart, in_groups=True,
        is_apart=True,
    ),
    Command("proposal", "the open proposal", VIEWER, proposals.proposal),
    Command("why", "what drives it: /why SOL", VIEWER, proposals.why),
    Command(
        "whatif", "as if: /whatif cash=1000 sector.meme.max=5%", VIEWER, whatif.whatif,
        is_long=True,
    ),
    Command("history", "past proposals and what each earned", VIEWER, results.history),
    Command("performance", "all against doing nothing", VIEWER, results.performance),
    Command("report", "this week's report", VIEWER, proposals.report, is_long=True),
    Command(
        "ask", "a question to the provider's assistant; costs one credit", VIEWER,
        assistant.question, is_once=True, is_long=True,
    ),
    Command(
        "rebalance", "a proposal now: /rebalance cash=500", APPROVER, deciding.rebalance,
        is_once=True, is_long=True, group=DECIDE,
    ),
    Command("approve", "agree to the open proposal", APPROVER, deciding.approve, group=DECIDE),
    Command("skip", "say no to it", APPROVER, deciding.skip, group=DECIDE),
    Command("snooze", "put it off for a day", APPROVER, deciding.snooze, group=DECIDE),
    Command("alerts", "your own rules", VIEWER, rules.alerts, group=YOURS),
    Command(
        "alert", "a new rule: /alert price bitcoin > 100000", APPROVER, rules.alert, group=YOURS
    ),
    Command(
        "mute", "hold everything: /mute 8h", VIEWER, settings.mute, is_timeless=True, group=YOURS
    ),
    Command("unmute", "send again", VIEWER, settings.unmute, group=YOURS),
    Command("settings", "what reaches you, and when", VIEWER, settings.settings, group=YOURS),
    Command("health", "is all well, and what waits", VIEWER, health.health, group=YOURS),
    Command("stop", "unlink this chat", VIEWER, own.stop, is_timeless=True, group=YOURS),
    Command(
        "import", "a portfolio: send its file", OWNER, importing.import_file, is_long=True,
        group=OWNERS,
    ),
    Command("lock", "no trades: /lock SOL until=2027-03-01", OWNER, locking.lock, group=OWNERS),
    Command("unlock", "trades again: /unlock SOL", OWNER, locking.unlock, group=OWNERS),
    Command("users", "people: /users link ann", OWNER, people.users, group=OWNERS),
)  # fmt: skip
COMMANDS: Mapping[str, Command] = MappingProxyType({c.name: c for c in _EVERY})


def may_use(role: Role, command: Command) -> bool:
    """Tell whether a role reaches a command."""
    return RANKS[role] >= RANKS[command.role]
