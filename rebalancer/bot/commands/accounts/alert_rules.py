"""Rules of a person's own in the chat: their state, a new one, and one that goes."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.messages import Button
from alerts.triggers.state_store import AlertState
from alerts.triggers.user_rules import RuleState, state_text
from portfolios.errors import NotFoundError, UsageError
from portfolios.model.portfolio import Portfolio
from portfolios.model.users import Role
from portfolios.store.completed_jobs import CompletedJobs
from portfolios.values import display
from rebalancer.bot.reply import Reply, again, lines, page_of, reply_with
from rebalancer.bot.request import Request, WhichError
from rebalancer.usecases.accounts.alert_rules import add_rule, read_rule, remove_rule

REMOVE = "remove"
EXAMPLE = "/alert price bitcoin > 100000"


def alerts(request: Request) -> Reply:
    """Show the rules and their state, each with a button that removes it."""
    every = _every(request)
    if not every:
        return reply_with(request, "No rules of your own yet", note=EXAMPLE)
    shown, pages = page_of(request, len(every))
    numbered = list(enumerate(every, 1))[shown]
    states = {own.name: _states(request, own) for own, _ in every}
    told = [
        f"{number}. {own.name}: {when} ({state_text(states[own.name].get(when))})"
        for number, (own, when) in numbered
    ]
    count = display.counted(len(every), "rule")
    true = sum(bool((s := states[own.name].get(when)) and s.holds) for own, when in every)
    reply = reply_with(request, f"{count}, {true} true now", lines(*told), note=EXAMPLE)
    return reply.with_buttons(*_removals(request, numbered), pages)


def alert(request: Request) -> Reply:
    """Add a rule to a portfolio, or remove one."""
    if request.words[:1] == (REMOVE,):
        return _removal_of(request, request.words[1:])
    if not request.words:
        raise UsageError("write the rule", hint=EXAMPLE)
    own, words = _which(request, request.words)
    if words[:1] == (REMOVE,):
        return _removed(request, own, " ".join(words[1:]))
    market = request.load_market()
    added = add_rule(
        request.store,
        own.name,
        " ".join(words),
        index=request.services.assets or request.market().index,
        priced=market.assets if market else (),
        at=request.now,
    )
    if not added.is_new:
        return reply_with(request, f"{own.name}: has this rule already", lines(added.when))
    reply = reply_with(
        request,
        f"{own.name}: tells you when {added.when}",
        *([lines(added.doubt)] if added.doubt else []),
        note="told once, and again after it has cleared",
    )
    return reply.with_buttons([_removal("Remove", own, added.when)])


def _removed(request: Request, own: Portfolio, when: str) -> Reply:
    if not remove_rule(request.store, own.name, when, at=request.now):
        return reply_with(
            request, f"{own.name}: no such rule, nothing to remove", note="/alerts lists them"
        )
    reply = reply_with(request, f"{own.name}: the rule is gone", lines(when))
    return reply.with_buttons([again("Put it back", "alert", own.name, when)])


def _removal_of(request: Request, words: Sequence[str]) -> Reply:
    """Remove a rule by its number in the list, or as it is written."""
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        return _numbered(request, int(words[0][:6]))
    if not words:
        raise UsageError("say which rule", hint="/alert remove 1, by its number in /alerts")
    own, rest = _which(request, words)
    return _removed(request, own, " ".join(rest))


def _numbered(request: Request, number: int) -> Reply:
    """Remove a rule by its number, once: afterwards the number is another rule's."""
    database = request.store.database
    with database.transaction():
        if not CompletedJobs(database).record("heard", str(request.number), at=request.now):
            return reply_with(
                request, "That rule is gone already", note="/alerts lists those that are left"
            )
        every = _every(request)
        if not 0 < number <= len(every):
            raise NotFoundError(f"there is no rule {number}", hint="/alerts lists them")
        return _removed(request, *every[number - 1])


def _which(request: Request, words: Sequence[str]) -> tuple[Portfolio, Sequence[str]]:
    """Return the portfolio that words begin with, or the only one; and the words after it."""
    seen = {portfolio.name: portfolio for portfolio in request.portfolios()}
    for length in range(len(words), 0, -1):
        if (named := " ".join(words[:length])) in seen:
            return seen[named], words[length:]
    if len(seen) == 1:
        return next(iter(seen.values())), words
    if not seen:
        raise NotFoundError("you see no portfolio yet", hint="the owner adds one, or gives you one")
    read_rule(" ".join(words))  # what is no rule is none of any portfolio
    raise WhichError("say which portfolio you mean", tuple(seen))


def _every(request: Request) -> list[tuple[Portfolio, str]]:
    return [(own, rule.when) for own in request.portfolios() for rule in own.alerts]


def _states(request: Request, own: Portfolio) -> dict[str, RuleState]:
    return {state.when: state for state in AlertState(request.store.database, own.name).rules()}


def _removals(
    request: Request, numbered: Sequence[tuple[int, tuple[Portfolio, str]]]
) -> list[list[Button]]:
    if request.person.role is Role.VIEWER:
        return []
    return [[_removal(f"Remove {number}", own, when)] for number, (own, when) in numbered]


def _removal(label: str, own: Portfolio, when: str) -> Button:
    return again(label, "alert", REMOVE, own.name, when)
