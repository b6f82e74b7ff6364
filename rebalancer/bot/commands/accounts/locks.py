"""Commands that lock a holding against trades, and unlock it; each asks before it is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from portfolios.errors import UsageError
from portfolios.model.portfolio import Holding, Lock, Portfolio, lock_text
from portfolios.values import display
from rebalancer.bot.commands.accounts.drafts import confirm_buttons
from rebalancer.bot.reply import Reply, lines, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.accounts.drafts import draft_change
from rebalancer.usecases.accounts.imports import kept_as
from rebalancer.usecases.accounts.locks import held_by, locked, read_lock, unlocked

REASON, PAGED = "reason=", "page="


def lock(request: Request) -> Reply:
    """Ask whether to lock a holding; without one, tell what is locked."""
    request, reason = _without_reason(request)
    options = {key: value for key, value in request.options.items() if f"{key}=" != PAGED}
    own, word = _named(request)
    if not word:
        return _locks(request, own)
    new = read_lock(options | ({"reason": reason} if reason else {}), today=request.now.date())
    holding = held_by(own, word, request.load_market())
    return _asked(request, own, holding, locked(own, holding, new))


def unlock(request: Request) -> Reply:
    """Ask whether to unlock a holding; without one, tell what is locked."""
    if more := [word for word in request.words if "=" in word and not word.startswith(PAGED)]:
        raise UsageError(f"{more[0][:30]} means nothing here", hint="/unlock SOL takes off all")
    own, word = _named(request)
    if not word:
        return _locks(request, own)
    holding = held_by(own, word, request.load_market())
    if not holding.locks:
        note = f"but: {held}" if (held := _restricted(holding, own, request.now.date())) else ""
        return reply_with(request, f"{own.name}: {holding.asset_id} is not locked", note=note)
    return _asked(request, own, holding, unlocked(own, holding))


def _without_reason(request: Request) -> tuple[Request, str]:
    """Take the reason out of the words: it goes on until the next word that has a key."""
    rest: list[str] = []
    reason: list[str] = []
    is_reason = False
    for word in request.words:
        is_reason = word.startswith(REASON) if "=" in word else is_reason
        (reason if is_reason else rest).append(word.removeprefix(REASON))
    return replace(request, words=tuple(rest)), " ".join(reason)


def _named(request: Request) -> tuple[Portfolio, str]:
    """Return the portfolio as it is kept, and the word for a holding in it, if any.

    Raises:
        UsageError: when there are several words for a holding.
    """
    seen, words = request.about()
    if len(words) > 1:
        raise UsageError(
            f"{' '.join(words)[:60]} is no holding of {seen.name}",
            hint=f"/{request.command} {seen.name} SOL",
        )
    return kept_as(request.store, seen.name) or seen, "".join(words)


def _asked(request: Request, own: Portfolio, holding: Holding, changed: Portfolio) -> Reply:
    """Show a holding's locks before and after, and ask."""
    after = changed.holding(holding.asset_id)
    if changed == own or after is None:
        return reply_with(request, f"{own.name}: {holding.asset_id} is locked so already")
    draft = draft_change(request.store, changed, request.person, now=request.now)
    told = [f"now: {_words(holding.locks)}", f"then: {_words(after.locks)}"]
    if held := _restricted(holding, own, request.now.date()):
        told.append(f"in any case: {held}")
    head = f"{own.name}: {request.command} {holding.asset_id}?"
    reply = reply_with(
        request, head, lines(*told), note="Nothing is kept yet; it waits for an hour."
    )
    return reply.with_buttons(confirm_buttons(draft))


def _locks(request: Request, own: Portfolio) -> Reply:
    told = [f"{h.asset_id}: {_words(h.locks)}" for h in own.holdings if h.locks]
    shown, pages = page_of(request, len(told))
    how = "/lock NAME SOL kind=no_sell until=2027-03-01 reason=staked"
    count = display.counted(len(told), "holding is locked", "holdings are locked")
    blocks = [lines(*told[shown])] if told else []
    return reply_with(request, f"{own.name}: {count}", *blocks, note=how).with_buttons(pages)


def _words(locks: tuple[Lock, ...]) -> str:
    return lock_text(locks) or "not locked"


def _restricted(holding: Holding, own: Portfolio, today: date) -> str:
    """Say what the rules of a security token lock; `/unlock` does not end these locks."""
    found = [r for r in holding.restrictions.locks(own.investor) if r.holds_on(today)]
    return lock_text(tuple(found)) or ""
