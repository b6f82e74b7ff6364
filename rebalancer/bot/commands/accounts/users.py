"""Who uses the installation, as its owner sees it: listed, linked by a code, removed."""

from __future__ import annotations

from datetime import timedelta

from alerts.channels.email.traits import EMAIL
from alerts.channels.telegram.traits import TELEGRAM
from alerts.delivery.delivery import State
from alerts.delivery.outbox import Outbox
from alerts.messages import Block, Button, Style
from portfolios.errors import NotFoundError, RebalancerError, UsageError
from portfolios.model.users import Person, Role
from portfolios.store.button_payloads import ButtonPayloads
from portfolios.store.link_codes import LIFE
from portfolios.values import display
from rebalancer.bot.reply import Reply, lines, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.usecases.accounts.users import code_for, remove_person

CONFIRM_WITHIN = timedelta(minutes=15)
REMOVE = "remove person "
HOW = "/users link NAME makes a code for a chat; /users remove NAME removes somebody"
NOT_YOURS = "This is not yours to press."


def users(request: Request) -> Reply:
    """Tell who there is; make a code for somebody, or ask whether to remove them."""
    match request.names:
        case ():
            return _listed(request)
        case ("link", *words) if words:
            return _linked(request, _meant(request, " ".join(words)))
        case ("remove", *words) if words:
            return _asked(request, _meant(request, " ".join(words)))
        case _:
            raise UsageError(f"/users {' '.join(request.names)[:40]} means nothing", hint=HOW)


def _listed(request: Request) -> Reply:
    known = [p for p in request.people if _concerns(request.person, p)]
    shown, pages = page_of(request, len(known))
    told = [_told(request, person) for person in known[shown]]
    count = display.counted(len(known), "person", "people")
    note = HOW if request.person.sees_all else ""
    return reply_with(request, f"{count} here", lines(*told), note=note).with_buttons(pages)


def _concerns(owner: Person, other: Person) -> bool:
    """Tell whether an owner may be shown somebody: themselves, or who sees nothing they do not."""
    if owner.sees_all or other.name == owner.name:
        return True
    return bool(other.portfolios) and all(map(owner.may_see, other.portfolios))


def _told(request: Request, person: Person) -> str:
    what = "group" if person.is_group else person.role.value
    sees = "everything" if person.sees_all else ", ".join(person.portfolios) or "nothing"
    ways = "linked" if TELEGRAM.address_of(person) else "not linked"
    mail = ", mail" if EMAIL.address_of(person) else ""
    return f"{person.name}: {what}, sees {sees}; {ways}{mail}; {_last(request, person)}"


def _last(request: Request, person: Person) -> str:
    box = Outbox(request.store.database)
    sent = box.find(state=State.SENT, person=person.name, limit=1)
    ended = sent[0].ended_at if sent else None
    return "never told anything" if ended is None else f"last told {display.moment(ended)}"


def _meant(request: Request, name: str) -> Person:
    """Return the person of a name, for an owner of everything alone.

    Raises:
        UsageError: to an owner of some portfolios only.
        NotFoundError: when there is nobody of this name.
    """
    if not request.person.sees_all:
        raise UsageError("only who owns everything changes who there is", hint="/users lists them")
    found = next((p for p in request.people if p.name == name), None)
    if found is None:
        raise NotFoundError(f"nobody is called {name[:40]}", hint="/users shows who there is")
    return found


def _linked(request: Request, person: Person) -> Reply:
    """Tell a code that links a chat to somebody, and how to use it."""
    code = code_for(request.store, request.people, person.name, now=request.now)
    minutes = int(LIFE.total_seconds() // 60)
    now = (
        "their chat of today is unlinked by it"
        if TELEGRAM.address_of(person)
        else "it links the chat it comes from"
    )
    return reply_with(
        request,
        f"A code for {person.name}, for {minutes} minutes and for one use",
        Block(Style.TEXT, f"{person.name} sends this bot, in their own chat with it:"),
        Block(Style.TEXT, f"/start {code}"),
        note=f"{now}. Pass it on where nobody else reads it; a new code voids this one.",
    )


def _asked(request: Request, person: Person) -> Reply:
    """Ask once more before somebody is removed."""
    if person.name == request.person.name:
        raise UsageError("that is you", hint="another owner can remove you; /stop unlinks the chat")
    name = ButtonPayloads(request.store.database).save(
        request.person.name, f"{REMOVE}{person.name}", now=request.now
    )
    forgotten = (
        "their link, codes and buttons",
        "what they chose, and what waits to be sent to them",
    )
    reply = reply_with(request, f"Remove {person.name}, {person.role.value}?", lines(*forgotten),
                 note="Portfolios, proposals and past decisions stay.")  # fmt: skip
    return reply.with_buttons([Button("Remove", f"gone:{name}"), Button("Keep", f"stay:{name}")])


def gone(request: Request, name: str) -> Reply:
    """Remove somebody, after the second press."""
    if request.person.role is not Role.OWNER:
        return Reply(notice=NOT_YOURS)
    since = request.now - CONFIRM_WITHIN
    words = ButtonPayloads(request.store.database).find(
        request.person.name, name, since=since, until=request.now
    )
    if words is None or not words.startswith(REMOVE):
        return Reply(notice="That was too long ago: ask /users again.", is_done=True)
    try:
        with request.store.database.transaction():
            person = _meant(request.anew(), words.removeprefix(REMOVE))
            remove_person(request.store, person.name, stand_in=None)
    except RebalancerError as error:
        return Reply(notice=f"{error}. {error.hint}"[:200], is_done=True)
    return Reply(notice=f"{person.name} is removed; nothing more is sent there.", is_done=True)


def stay(_request: Request, _name: str) -> Reply:
    """Leave everything as it is."""
    return Reply(notice="Nobody was removed.", is_done=True)
