"""Commands about people: who is told and how, and whose a chat is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from portfolios.errors import DeliveryError, NotFoundError, UsageError
from portfolios.people import Person, Role
from rebalancer import wiring
from rebalancer.cli.context import context_of
from rebalancer.cli.holdings import AsJson
from rebalancer.cli.screen import out, table, write_json

if TYPE_CHECKING:
    from portfolios.store import Store


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(user)
    app.command()(link)


def user(
    ctx: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(help="list, add NAME, remove NAME, prefs NAME CHOICE...")
    ] = None,
    role: Annotated[Role, typer.Option(help="What he may do.")] = Role.VIEWER,
    email: Annotated[str, typer.Option(help="Where his mail goes.")] = "",
    chat: Annotated[str, typer.Option(help="His numeric chat on Telegram.")] = "",
    timezone: Annotated[str, typer.Option(help="His time zone, such as Europe/Berlin.")] = "",
    portfolio: Annotated[
        list[str] | None, typer.Option(help="A portfolio he may see; repeat for more.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show, add or remove the people who are told."""
    from rebalancer.wiring.delivering import open_office, people_of

    settings = wiring.settings_from(context_of(ctx).config).settings
    with open_office(settings) as store:
        match words or ["list"]:
            case ["list"]:
                _list_people(people_of(settings, store.database), as_json=as_json)
            case ["add", name]:
                zone = _zone(timezone or settings.timezone)
                person = Person(name, role, _mail(email), chat, zone, tuple(portfolio or ()))
                _add_person(store, person)
            case ["remove", name]:
                from portfolios.peoplestore import PeopleStore

                PeopleStore(store.database).remove(name)
                typer.echo(f"{name}: removed; nothing more is sent there")
            case ["prefs", name, *choices]:
                known = {p.name for p in people_of(settings, store.database)}
                if name not in known:
                    raise NotFoundError(f"nobody is called {name!r}", hint="rebalancer user list")
                _choose(store, name, choices)
            case _:
                raise UsageError("this is no user command", hint="user list, user add, user remove")


def _choose(store: Store, name: str, choices: list[str]) -> None:
    from alerts.preferencestore import PreferenceStore
    from rebalancer.service.choosing import choose

    preferences = PreferenceStore(store.database)
    with store.database.transaction():
        chosen = choose(preferences.preferences(name), choices, now=wiring.clock())
        preferences.save(name, chosen)
    quiet = f"{chosen.quiet_from}-{chosen.quiet_until}" if chosen.quiet_from else "off"
    until = chosen.muted_until
    typer.echo(f"{name}: quiet {quiet}, budget {chosen.budget} a day")
    if until is not None and until > wiring.clock():
        typer.echo(f"  muted until {until:%Y-%m-%d %H:%M} UTC; everything is kept")
    for key, way in sorted(chosen.ways.items()):
        typer.echo(f"  {key}: {way.value}")


def _zone(name: str) -> str:
    from rebalancer.settings.checks import time_zone

    try:
        return time_zone(name)
    except ValueError as error:
        raise UsageError(f"--timezone {name}: {error}", hint="e.g. Europe/Berlin") from None


def _mail(text: str) -> str:
    from alerts.channels.composing import address

    try:
        return str(address(text)) if text else ""
    except DeliveryError as error:
        raise UsageError(f"--email {text}: {error}", hint=error.hint) from None


def _add_person(store: Store, person: Person) -> None:
    from portfolios.peoplestore import PeopleStore

    for name in person.portfolios:
        store.load_portfolio(name)
    PeopleStore(store.database).save(person)
    typer.echo(f"{person.name}: {person.role.value}, reached by {_ways(person)}")


def _ways(person: Person) -> str:
    return " and ".join(c for c in ("email", "telegram") if person.address(c)) or "nothing yet"


def _list_people(people: tuple[Person, ...], *, as_json: bool) -> None:
    if as_json:
        write_json(
            [
                {"name": p.name, "role": p.role.value, "email": p.email, "chat": p.chat,
                 "timezone": p.timezone, "portfolios": list(p.portfolios)}
                for p in people
            ]
        )  # fmt: skip
        return
    grid = table("name", "role", "reached by", "zone", "portfolios")
    for p in people:
        sees = ", ".join(p.portfolios) or ("all" if p.role is Role.OWNER else "none")
        grid.add_row(p.name, p.role.value, _ways(p), p.timezone, sees)
    out().print(grid)


def link(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Somebody who was added with `user add`.")],
) -> None:
    """Print a one-time code that links a chat on Telegram to a person."""
    from portfolios.linking import LIFE, new_code
    from portfolios.peoplestore import PeopleStore
    from rebalancer.wiring.delivering import open_office

    context = context_of(ctx)
    settings = wiring.settings_from(context.config).settings
    with open_office(settings) as store:
        person = PeopleStore(store.database).person(name)
        code = new_code(store.database, person, now=wiring.clock())
    typer.echo(code)
    minutes = int(LIFE.total_seconds() // 60)
    context.tell(f"{name} sends the bot: /start {code}   within {minutes} minutes, once")
