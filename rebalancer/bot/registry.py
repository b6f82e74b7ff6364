"""Every command once: the menu, the help and the dispatch are made from this table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from alerts.messages import Block, Style
from portfolios.model.users import Role
from rebalancer.bot.commands.accounts import (
    alert_rules,
    import_file,
    locks,
    settings,
    unlink,
    users,
)
from rebalancer.bot.commands.proposals import decide, proposals, what_if
from rebalancer.bot.commands.queries import (
    assistant,
    charts,
    health,
    market,
    performance,
    signals,
    status,
    tokens,
)
from rebalancer.bot.reply import Command, Reply, lines, reply_with
from rebalancer.bot.request import Request

RANKS: Mapping[Role, int] = MappingProxyType({Role.VIEWER: 0, Role.APPROVER: 1, Role.OWNER: 2})
LOOK, DECIDE, YOURS, OWNERS = "Look", "Decide", "Yours", "Owner"
VIEWER, APPROVER, OWNER = Role.VIEWER, Role.APPROVER, Role.OWNER


def _help(commands: Sequence[Command], request: Request) -> Reply:
    """Show what can be asked, by whoever asks."""
    shown = [c for c in commands if may_use(request.person.role, c)]
    if request.is_group:
        shown = [c for c in shown if c.in_groups]
    blocks: list[Block] = []
    for group in dict.fromkeys(c.group for c in shown):
        told = [f"/{c.name} {c.help}" for c in shown if c.group == group]
        blocks += [Block(Style.HEADING, group), lines(*told)]
    return reply_with(request, "What you can ask", *blocks)


EVERY = (
    Command("status", "value, drift and zone", VIEWER, status.status, in_groups=True),
    Command("portfolio", "what is held", VIEWER, status.portfolio, in_groups=True),
    Command("sectors", "sectors and their limits", VIEWER, status.sectors, in_groups=True),
    Command("risk", "zones with their reasons", VIEWER, status.risk, in_groups=True),
    Command("signals", "trends, grades, what changed", VIEWER, signals.signals, in_groups=True),
    Command("token", "one token: /token SOL", VIEWER, tokens.token, in_groups=True),
    Command("market", "tokens: /market sort=change", VIEWER, market.market, in_groups=True),
    Command(
        "chart", "pictures: /chart of=risk", VIEWER, charts.chart, in_groups=True,
        is_apart=True,
    ),
    Command("proposal", "the open proposal", VIEWER, proposals.proposal),
    Command("why", "what drives it: /why SOL", VIEWER, proposals.why),
    Command(
        "whatif", "as if: /whatif cash=1000 sector.meme.max=5%", VIEWER, what_if.whatif,
        is_long=True,
    ),
    Command("history", "past proposals and what each earned", VIEWER, performance.history),
    Command("performance", "all against doing nothing", VIEWER, performance.performance),
    Command("report", "this week's report", VIEWER, proposals.report, is_long=True),
    Command(
        "ask", "a question to the provider's assistant; costs one credit", VIEWER,
        assistant.question, is_once=True, is_long=True,
    ),
    Command(
        "rebalance", "a proposal now: /rebalance cash=500", APPROVER, decide.rebalance,
        is_once=True, is_long=True, group=DECIDE,
    ),
    Command("approve", "agree to the open proposal", APPROVER, decide.approve, group=DECIDE),
    Command("skip", "say no to it", APPROVER, decide.skip, group=DECIDE),
    Command("snooze", "put it off for a day", APPROVER, decide.snooze, group=DECIDE),
    Command("alerts", "your own rules", VIEWER, alert_rules.alerts, group=YOURS),
    Command(
        "alert",
        "a new rule: /alert price bitcoin > 100000",
        APPROVER,
        alert_rules.alert,
        group=YOURS,
    ),
    Command(
        "mute", "hold everything: /mute 8h", VIEWER, settings.mute, is_timeless=True, group=YOURS
    ),
    Command("unmute", "send again", VIEWER, settings.unmute, group=YOURS),
    Command("settings", "what reaches you, and when", VIEWER, settings.settings, group=YOURS),
    Command("health", "is all well, and what waits", VIEWER, health.health, group=YOURS),
    Command("stop", "unlink this chat", VIEWER, unlink.stop, is_timeless=True, group=YOURS),
    Command(
        "import", "a portfolio: send its file", OWNER, import_file.import_file, is_long=True,
        group=OWNERS,
    ),
    Command("lock", "no trades: /lock SOL until=2027-03-01", OWNER, locks.lock, group=OWNERS),
    Command("unlock", "trades again: /unlock SOL", OWNER, locks.unlock, group=OWNERS),
    Command("users", "people: /users link ann", OWNER, users.users, group=OWNERS),
)  # fmt: skip


def table_of(commands: Sequence[Command]) -> Mapping[str, Command]:
    """Return commands by name, and before them the help that lists them all."""
    every: list[Command] = []
    answer = partial(_help, every)
    every += [Command("help", "what you can ask", VIEWER, answer, in_groups=True), *commands]
    return MappingProxyType({command.name: command for command in every})


COMMANDS: Mapping[str, Command] = table_of(EVERY)


def may_use(role: Role, command: Command) -> bool:
    """Tell whether a role reaches a command."""
    return RANKS[role] >= RANKS[command.role]
