"""Changes of a portfolio that wait for a second press: shown in pages, kept or dropped."""

from __future__ import annotations

from dataclasses import replace

from alerts.messages import Block, Button
from portfolios.errors import StoreError
from portfolios.model.users import Role
from rebalancer.bot.reply import Reply, again, lines, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.accounts.drafts import Waiting, drop_drafted, keep_drafted, waiting
from rebalancer.usecases.proposals.status import open_plan

DRAFT = "draft"
"""The word by which a page names what it is a page of."""
NOT_YOURS = "This is not yours to press."


def show_waiting(request: Request, draft: str, *blocks: Block) -> Reply:
    """Show what would change, in pages, with the buttons that keep and drop it."""
    change = waiting(request.store, request.person, draft, now=request.now)
    page = [f"page={request.options['page']}"] if "page" in request.options else []
    paged = replace(request, words=(f"{DRAFT}={draft}", *page))
    shown, pages = page_of(paged, len(change.changes))
    reply = reply_with(request, _head(change), lines(*change.changes[shown]), *blocks,
                 note="Nothing is kept yet; it waits for an hour.")  # fmt: skip
    return reply.with_buttons(confirm_buttons(draft), pages)


def _head(change: Waiting) -> str:
    count = len(change.changes)
    what = "new, with " if change.is_new else ""
    entry = "line" if change.is_new else "change"
    entries = entry if count == 1 else f"{entry}s"
    return f"{change.portfolio.name}: {what}{count:,} {entries}. Keep it?"


def confirm_buttons(draft: str) -> list[Button]:
    """Return the buttons that keep a draft and drop it."""
    return [Button("Confirm", f"keep:{draft}"), Button("Cancel", f"drop:{draft}")]


def keep(request: Request, draft: str) -> Reply:
    """Keep the draft that waits: once, also when others change things at the same time."""
    try:
        if not _may_keep(request.anew(), draft):
            return Reply(notice=NOT_YOURS)
        kept = keep_drafted(request.store, request.person, draft, now=request.now)
    except StoreError as error:
        return _nothing(error)
    is_open = open_plan(request.store, kept.name, now=request.now) is not None
    note = "The open proposal was made for what was held before." if is_open else ""
    reply = reply_with(request, f"{kept.name}: kept", note=note)
    return reply.with_buttons([again("Show", "portfolio", kept.name)]).deciding("Kept.")


def _may_keep(request: Request, draft: str) -> bool:
    """Tell whether who drafted a change may still make it."""
    name = waiting(request.store, request.person, draft, now=request.now).portfolio.name
    return request.person.role is Role.OWNER and request.person.may_see(name)


def drop(request: Request, draft: str) -> Reply:
    """Forget what waits."""
    try:
        drop_drafted(request.store, request.person, draft, now=request.now)
    except StoreError as error:
        return _nothing(error)
    return Reply(notice="Dropped: nothing was kept.", is_done=True)


def _nothing(error: StoreError) -> Reply:
    return Reply(notice=f"{error}: {error.hint}."[:200], is_done=True)
