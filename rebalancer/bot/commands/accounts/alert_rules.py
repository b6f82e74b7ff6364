"""Rules of a person's own in the chat: their state, a new one, and one that goes."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.messages import Button
from alerts.triggers.state_store import Memory
from alerts.triggers.user_rules import RuleState
from portfolios.errors import NotFoundError, UsageError
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Role
from portfolios.store.once import mark_done
from rebalancer.bot.reply import Reply, again, lines, page_of, said
from rebalancer.bot.request import Ask, WhichError
from rebalancer.usecases.accounts.alert_rules import add_rule, read_rule, remove_rule

REMOVE = "remove"
EXAMPLE = "/alert price bitcoin > 100000"


def alerts(ask: Ask) -> Reply:
    """Show the rules and their state, each with a button that removes it."""
    every = _every(ask)
    if not every:
        return said(ask, "No rules of your own yet", note=EXAMPLE)
    shown, pages = page_of(ask, len(every))
    numbered = list(enumerate(every, 1))[shown]
    states = {own.name: _states(ask, own) for own, _ in every}
    told = [
        f"{number}. {own.name}: {when} ({_state(states[own.name].get(when))})"
        for number, (own, when) in numbered
    ]
    count = "1 rule" if len(every) == 1 else f"{len(every)} rules"
    true = sum(bool((s := states[own.name].get(when)) and s.is_true) for own, when in every)
    reply = said(ask, f"{count}, {true} true now", lines(*told), note=EXAMPLE)
    return reply.with_buttons(*_removals(ask, numbered), pages)


def alert(ask: Ask) -> Reply:
    """Add a rule to a portfolio, or remove one."""
    if ask.words[:1] == (REMOVE,):
        return _removal_of(ask, ask.words[1:])
    if not ask.words:
        raise UsageError("write the rule", hint=EXAMPLE)
    own, words = _which(ask, ask.words)
    if words[:1] == (REMOVE,):
        return _removed(ask, own, " ".join(words[1:]))
    market = ask.load_market()
    added = add_rule(ask.store, own.name, " ".join(words), market=market, at=ask.now)
    if not added.is_new:
        return said(ask, f"{own.name}: has this rule already", lines(added.when))
    reply = said(
        ask,
        f"{own.name}: tells you when {added.when}",
        *([lines(added.doubt)] if added.doubt else []),
        note="told once, and again after it has cleared",
    )
    return reply.with_buttons([_removal("Remove", own, added.when)])


def _removed(ask: Ask, own: Portfolio, when: str) -> Reply:
    if not remove_rule(ask.store, own.name, when, at=ask.now):
        return said(ask, f"{own.name}: no such rule, nothing to remove", note="/alerts lists them")
    reply = said(ask, f"{own.name}: the rule is gone", lines(when))
    return reply.with_buttons([again("Put it back", "alert", own.name, when)])


def _removal_of(ask: Ask, words: Sequence[str]) -> Reply:
    """Remove a rule by its number in the list, or as it is written."""
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        return _numbered(ask, int(words[0][:6]))
    if not words:
        raise UsageError("say which rule", hint="/alert remove 1, by its number in /alerts")
    own, rest = _which(ask, words)
    return _removed(ask, own, " ".join(rest))


def _numbered(ask: Ask, number: int) -> Reply:
    """Remove a rule by its number, once: afterwards the number is another rule's."""
    database = ask.store.database
    with database.transaction():
        if not mark_done(database, "heard", str(ask.number), at=ask.now):
            return said(ask, "That rule is gone already", note="/alerts lists those that are left")
        every = _every(ask)
        if not 0 < number <= len(every):
            raise NotFoundError(f"there is no rule {number}", hint="/alerts lists them")
        return _removed(ask, *every[number - 1])


def _which(ask: Ask, words: Sequence[str]) -> tuple[Portfolio, Sequence[str]]:
    """Return the portfolio that words begin with, or the only one; and the words after it."""
    seen = {portfolio.name: portfolio for portfolio in ask.portfolios()}
    for length in range(len(words), 0, -1):
        if (named := " ".join(words[:length])) in seen:
            return seen[named], words[length:]
    if len(seen) == 1:
        return next(iter(seen.values())), words
    if not seen:
        raise NotFoundError("you see no portfolio yet", hint="the owner adds one, or gives you one")
    read_rule(" ".join(words))  # what is no rule is none of any portfolio
    raise WhichError("say which portfolio you mean", tuple(seen))


def _every(ask: Ask) -> list[tuple[Portfolio, str]]:
    return [(own, rule.when) for own in ask.portfolios() for rule in own.alerts]


def _states(ask: Ask, own: Portfolio) -> dict[str, RuleState]:
    return {state.when: state for state in Memory(ask.store.database, own.name).rules()}


def _state(state: RuleState | None) -> str:
    if state is None or state.value is None:
        return "not known yet"
    return "true" if state.is_true else "false"


def _removals(
    ask: Ask, numbered: Sequence[tuple[int, tuple[Portfolio, str]]]
) -> list[list[Button]]:
    if ask.person.role is Role.VIEWER:
        return []
    return [[_removal(f"Remove {number}", own, when)] for number, (own, when) in numbered]


def _removal(label: str, own: Portfolio, when: str) -> Button:
    return again(label, "alert", REMOVE, own.name, when)
