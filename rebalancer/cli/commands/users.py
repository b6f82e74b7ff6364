"""Commands about people: who is told and how, and whose a chat is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from portfolios.errors import DeliveryError, NotFoundError, UsageError
from portfolios.model.users import Person, Role
from portfolios.values.command import command
from portfolios.values.display import counted
from rebalancer import wiring
from rebalancer.cli.console import confirmed, out, table, write_json
from rebalancer.cli.context import context_of
from rebalancer.cli.options import AsJson
from rebalancer.usecases.accounts.users_json import person_to_json

if TYPE_CHECKING:
    from portfolios.store.portfolio_store import Store
    from rebalancer.settings.model import Settings


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(user)
    app.command()(link)


def user(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(help="list, add NAME, remove NAME, prefs NAME CHOICE...")
    ] = None,
    role: Annotated[Role | None, typer.Option(help="What they may do; a viewer at first.")] = None,
    email: Annotated[
        str | None, typer.Option(help="Where their mail goes; '' for nowhere.")
    ] = None,
    chat: Annotated[
        str | None, typer.Option(help="Their numeric chat on Telegram; '' unlinks it.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Their time zone, such as Europe/Berlin.")
    ] = None,
    portfolio: Annotated[
        list[str] | None,
        typer.Option(help="A portfolio they may see; repeat for more; '' for none."),
    ] = None,
    group: Annotated[
        bool, typer.Option("--group", help="A chat of several people, who see no amounts.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show, add, change or remove the people who are told; what is not stated stays."""
    from rebalancer.wiring.delivery import open_full_database, people_of

    settings = wiring.settings_from(context_of(ctx).config).settings
    with open_full_database(settings) as store:
        match words or ["list"]:
            case ["list"]:
                _list_people(people_of(settings, store.database), as_json=as_json)
            case ["add", name]:
                said = _said(role, timezone, portfolio, is_group=group)
                _keep(ctx, settings, store, name, said, _addresses(email, chat))
            case ["remove", name]:
                _remove(settings, store, name, is_sure=yes)
            case ["prefs", name, *choices]:
                known = {p.name: p for p in people_of(settings, store.database)}
                if name not in known:
                    raise NotFoundError(f"nobody is called {name!r}", hint="`rebalancer user list`")
                _choose(store, known[name], choices, now=context_of(ctx).clock())
            case ["add" | "remove" | "prefs" as what]:
                raise UsageError(
                    f"say whom: user {what} NAME", hint="`rebalancer user list` shows everybody"
                )
            case _:
                raise UsageError(
                    "this is no user command",
                    hint="`rebalancer user list`, `rebalancer user add NAME`,"
                    " `rebalancer user remove NAME`, `rebalancer user prefs NAME`",
                )


def _choose(store: Store, person: Person, words: list[str], *, now: datetime) -> None:
    from alerts.preferences.personalise import wording_of
    from rebalancer.usecases.accounts.preference_text import choices
    from rebalancer.usecases.accounts.preferences import change_preferences

    chosen = change_preferences(store, person, words, now=now)
    wording = wording_of(chosen, is_group=person.is_group)
    typer.echo(f"{person.name}:")
    for line in choices(chosen, person, now=now).values():
        typer.echo(f"  {wording.text(line)}")


def _zone(name: str) -> str:
    from rebalancer.settings.checks import time_zone

    try:
        return time_zone(name)
    except ValueError as error:
        raise UsageError(f"--timezone {name}: {error}", hint="e.g. Europe/Berlin") from None


def _mail(text: str) -> str:
    from alerts.channels.email.mime import address

    try:
        return str(address(text)) if text else ""
    except DeliveryError as error:
        raise UsageError(f"--email {text}: {error}", hint=error.hint) from None


def _said(
    role: Role | None,
    timezone: str | None,
    portfolios: list[str] | None,
    *,
    is_group: bool,
) -> dict[str, Any]:
    """Return what was stated of a person, by field; what was not is not in it."""
    stated = {
        "role": role,
        "timezone": None if timezone is None else _zone(timezone),
        "portfolios": None if portfolios is None else tuple(p for p in portfolios if p),
        "is_group": is_group or None,
    }
    return {field: value for field, value in stated.items() if value is not None}


def _addresses(email: str | None, chat: str | None) -> dict[str, str]:
    """Return what was stated of addresses, by channel; empty for one that is taken away."""
    from alerts.channels.email.traits import EMAIL
    from alerts.channels.telegram.traits import TELEGRAM

    mail = None if email is None else _mail(email)
    stated = {EMAIL.name: mail, TELEGRAM.name: chat}
    return {channel: at for channel, at in stated.items() if at is not None}


def _keep(
    ctx: typer.Context,
    settings: Settings,
    store: Store,
    name: str,
    said: dict[str, Any],
    addresses: dict[str, str],
) -> None:
    """Keep somebody, new or as they were but for what was given, and tell what changed."""
    from portfolios.store.user_store import PeopleStore
    from rebalancer.usecases.accounts.users import first_report, keep_person
    from rebalancer.wiring.delivery import people_of, settings_owner

    kept = {p.name: p for p in PeopleStore(store.database).everybody()}
    named = {p.name: p for p in people_of(settings, store.database) if p.name not in kept}
    old = kept.get(name) or named.get(name)
    now = context_of(ctx).clock()
    before = old or Person(name, timezone=_zone(settings.timezone))
    person = replace(before, **said).reached_from(now, addresses)
    if name in named and person.role is not Role.OWNER:
        raise UsageError(f"{name} is the owner whom the settings name", hint="choose another name")
    changes = keep_person(store, person, stand_in=settings_owner(settings))
    what = "a group, " if person.is_group else ""
    typer.echo(f"{name}: {what}{person.role.value}, reached by {_ways(person)}")
    for change in changes:
        typer.echo(f"  {change}")
    if name in kept and not changes:
        typer.echo("  nothing changed")
    if person.addresses and not before.addresses:
        typer.echo(f"  {first_report([person], now=now)}")
    if named and name not in named and person.role is Role.OWNER:
        context_of(ctx).tell(
            "note: the owner whom the settings name is none any more;"
            " `rebalancer user add owner --role owner` keeps them as well"
        )


def _remove(settings: Settings, store: Store, name: str, *, is_sure: bool) -> None:
    from rebalancer.usecases.accounts.users import remove_person
    from rebalancer.wiring.delivery import settings_owner

    how = command("user", "remove", name, "--yes")
    if not is_sure and not confirmed(f"forget {name}, and what they chose?", how):
        typer.echo(f"{name}: kept")
        return
    waited = remove_person(store, name, stand_in=settings_owner(settings))
    rest = f"; taken back: {counted(waited, 'message')} that waited" if waited else ""
    typer.echo(f"{name}: removed; nothing more is sent there{rest}")


def _ways(person: Person) -> str:
    return " and ".join(sorted(person.addresses)) or "nothing yet"


def _list_people(people: tuple[Person, ...], *, as_json: bool) -> None:
    if as_json:
        write_json([person_to_json(person) for person in people])
        return
    grid = table("name", "role", "reached by", "zone", "portfolios")
    for p in people:
        sees = "all" if p.sees_all else ", ".join(p.portfolios) or "none"
        role = "group" if p.is_group else p.role.value
        grid.add_row(p.name, role, _ways(p), p.timezone, sees)
    out().print(grid)


def link(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Somebody who was added with `user add`.")],
) -> None:
    """Print a one-time code that links a chat on Telegram to a person."""
    from portfolios.store.link_codes import LIFE
    from rebalancer.usecases.accounts.users import code_for
    from rebalancer.wiring.delivery import open_full_database, people_of

    context = context_of(ctx)
    settings = wiring.settings_from(context.config).settings
    with open_full_database(settings) as store:
        everybody = people_of(settings, store.database)
        code = code_for(store, everybody, name, now=context.clock())
    typer.echo(code)
    minutes = int(LIFE.total_seconds() // 60)
    context.tell(f"{name} sends the bot: /start {code}   within {minutes} minutes, once")
