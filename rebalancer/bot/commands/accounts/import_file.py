"""A file sent to the chat becomes a portfolio, once its difference was shown and confirmed."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.messages import Block, Style
from portfolios.errors import InputError, UsageError
from portfolios.loaders import Loaded, load
from portfolios.loaders.exchanges.amounts import DECIMALS
from rebalancer.bot.commands.accounts.drafts import DRAFT, show_waiting
from rebalancer.bot.reply import Reply, lines, reply_with
from rebalancer.bot.request import File, Request
from rebalancer.usecases.accounts.drafts import draft_change
from rebalancer.usecases.accounts.imports import prepare_import, reference_words, symbol_map

DECIMAL = "decimal"
"""The word of a caption, `decimal=comma`, for numbers that may be read in two ways."""
UNKNOWN = "allow_unknown"
"""The word of a caption, `allow_unknown=true`, by which assets that nobody knows are kept."""
MOST_PROBLEMS = 20
MOST_WARNINGS = 5
LONGEST_PROBLEM = 200
LONGEST_NAME = 60
"""Letters of a file's name that are looked at; its end says what it is."""
HOW = "the caption may say /import NAME SYM=ID: the portfolio's name, and what a symbol means"


def import_file(request: Request) -> Reply:
    """Show what a file would change, and ask; without a file, say how to send one."""
    if request.file is None:
        if draft := request.options.get(DRAFT):
            return show_waiting(request, draft)
        return reply_with(
            request, "Send the file here: TOML, CSV, JSON or an export, up to 4 MB", note=HOW
        )
    try:
        loaded = _read(request, request.file)
    except InputError as error:
        return _refused(request, error)
    _refuse_anothers(request, loaded.portfolio.name)
    prepared = prepare_import(
        request.store,
        loaded.portfolio,
        request.load_market(),
        currency=request.services.currency,
    )
    if not prepared.changes:
        return reply_with(
            request, f"{prepared.portfolio.name}: nothing changed", *_notes(loaded.warnings)
        )
    draft = draft_change(request.store, prepared.portfolio, request.person, now=request.now)
    words = reference_words(prepared)
    return show_waiting(request, draft, *_notes((*loaded.warnings, *([words] if words else []))))


def _read(request: Request, file: File) -> Loaded:
    if not file.content:
        raise InputError("The file is empty, or over 4 MB", hint="a holdings file needs far less")
    if request.services.assets is None:
        raise UsageError("no files are read here", hint="the owner runs `rebalancer add FILE`")
    return load(
        file.content,
        source=file.name[-LONGEST_NAME:],
        index=request.services.assets(),
        symbol_map=symbol_map(
            f"{k}={v}" for k, v in request.options.items() if k not in (UNKNOWN, DECIMAL)
        ),
        allow_unknown=request.options.get(UNKNOWN) == "true",
        decimal=mark if (mark := request.options.get(DECIMAL)) in DECIMALS else None,
        name=" ".join(request.names) or None,
    )


def _refuse_anothers(request: Request, name: str) -> None:
    """Refuse a name that is not theirs, taken or not."""
    if not request.person.may_see(name):
        mine = ", ".join(request.person.portfolios)
        raise UsageError(f"{name[:40]} is not yours to keep", hint=f"name one of yours: {mine}")


def _refused(request: Request, error: InputError) -> Reply:
    """Tell every problem with its place, as far as anybody would read on."""
    told = [_said_here(str(problem)) for problem in error.problems[:MOST_PROBLEMS]]
    if len(told) < len(error.problems):
        told.append(f"these are the first {MOST_PROBLEMS}")
    return reply_with(request, _said_here(str(error)), *_listed(told), note=_said_here(error.hint))


def _said_here(text: str) -> str:
    """Word a sentence for a caption, where what a symbol means is written without an option."""
    plain = text.replace("--map ", "").replace("--name", "the name")
    plain = plain.replace("--allow-unknown", f"{UNKNOWN}=true in the caption")
    plain = plain.replace("--decimal ", f"{DECIMAL}=")
    return plain if len(plain) <= LONGEST_PROBLEM else f"{plain[: LONGEST_PROBLEM - 1]}…"


def _notes(warnings: tuple[str, ...]) -> Iterator[Block]:
    told = [_said_here(warning) for warning in warnings[:MOST_WARNINGS]]
    if (rest := len(warnings) - len(told)) > 0:
        told.append(f"and {rest:,} more notes")
    if told:
        yield Block(Style.HEADING, "Notes")
        yield lines(*told)


def _listed(told: list[str]) -> tuple[Block, ...]:
    return (lines(*told),) if told else ()
