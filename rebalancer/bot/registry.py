"""Every command once: the menu, the help and the dispatch are made from this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.messages import Block, Message, Style
from portfolios.people import Role
from rebalancer.bot import deciding, looking, own
from rebalancer.bot.asking import Ask, Command, lines, said

RANKS = {Role.VIEWER: 0, Role.APPROVER: 1, Role.OWNER: 2}


def _help(ask: Ask) -> Message:
    """Show what can be asked."""
    shown = [c for c in COMMANDS.values() if may_use(ask.person.role, c)]
    groups = {
        "Look": [c for c in shown if c.role == Role.VIEWER],
        "Decide": [c for c in shown if c.role == Role.APPROVER],
    }
    blocks: list[Block] = []
    for name, commands in groups.items():
        if commands:
            blocks += [
                Block(Style.HEADING, name),
                lines(*(f"/{c.name} {c.help}" for c in commands)),
            ]
    return said(ask, "What you can ask", *blocks)


_EVERY = (
    Command("help", "what you can ask", Role.VIEWER, _help),
    Command("status", "value, drift and zone", Role.VIEWER, looking.status),
    Command("portfolio", "what is held", Role.VIEWER, looking.portfolio),
    Command("sectors", "sectors and their limits", Role.VIEWER, looking.sectors),
    Command("risk", "zones with their reasons", Role.VIEWER, looking.risk),
    Command("signals", "trend and grades of what is held", Role.VIEWER, looking.signals),
    Command("token", "one token: /token SOL", Role.VIEWER, looking.token),
    Command("market", "the largest tokens", Role.VIEWER, looking.market),
    Command("proposal", "the open proposal", Role.VIEWER, looking.proposal),
    Command("why", "what drives it: /why SOL", Role.VIEWER, looking.why),
    Command("history", "past proposals and their results", Role.VIEWER, looking.history),
    Command("report", "this week's report", Role.VIEWER, looking.report),
    Command("alerts", "your own rules", Role.VIEWER, own.alerts),
    Command("alert", "a new rule: /alert price bitcoin > 100000", Role.APPROVER, own.alert),
    Command("mute", "hold everything: /mute 8h", Role.VIEWER, own.mute),
    Command("unmute", "send again", Role.VIEWER, own.unmute),
    Command("settings", "what reaches you, and when", Role.VIEWER, own.settings),
    Command("health", "ages, doubts, what waits", Role.VIEWER, own.health),
    Command("rebalance", "a proposal now: /rebalance cash=500", Role.APPROVER, deciding.rebalance),
    Command("approve", "agree to the open proposal", Role.APPROVER, deciding.approve),
    Command("skip", "say no to it", Role.APPROVER, deciding.skip),
    Command("snooze", "put it off for a day", Role.APPROVER, deciding.snooze),
    Command("stop", "unlink this chat", Role.VIEWER, own.stop),
)
COMMANDS: Mapping[str, Command] = MappingProxyType({c.name: c for c in _EVERY})


def may_use(role: Role, command: Command) -> bool:
    """Tell whether a role reaches a command."""
    return RANKS[role] >= RANKS[Role(command.role)]
