"""The portfolios that a command is about: stored ones by name, and files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from portfolios.errors import NotFoundError, UsageError
from portfolios.model.portfolio import Portfolio
from rebalancer import wiring
from rebalancer.cli.commands.portfolios import assets_of
from rebalancer.cli.context import Context

if TYPE_CHECKING:
    from portfolios.loaders import Loaded
    from portfolios.model.assets import AssetIndex
    from portfolios.model.market import Market

FILE_ENDINGS = (".toml", ".csv", ".tsv", ".json")


def portfolios_named(
    context: Context,
    names: list[str] | None,
    read: Callable[..., Loaded],
    known: Callable[[], Market],
    *,
    every: bool,
    offline: bool,
) -> list[Portfolio]:
    """Return the portfolios that a command names, files first.

    Args:
        context: of the command.
        names: stored ones, and files.
        read: reads a file with an index of the known assets.
        known: the market, asked only where a file must be read.
        every: all stored ones, where none is named.
        offline: ask no provider.

    Raises:
        UsageError: when none is named.
        NotFoundError: when one does not exist, or none is stored.
    """
    if not names and not every:
        raise UsageError("name a portfolio or a file", hint="or add --all for every stored one")
    resolved = wiring.settings_from(context.config)
    files = [name for name in names or () if is_file(name)]
    stored = [name for name in names or () if name not in files]
    found: list[Portfolio] = []
    if stored or not names:
        with wiring.open_store(resolved, read_only=True) as store:
            found += [store.load_portfolio(n) for n in stored] if names else store.list_portfolios()
    if files:
        found = _from_files(context, files, read, known, offline=offline) + found
    if not found:
        raise NotFoundError("no portfolio is stored yet", hint="`rebalancer add FILE` keeps one")
    return found


def _from_files(
    context: Context,
    files: list[str],
    read: Callable[..., Loaded],
    known: Callable[[], Market],
    *,
    offline: bool,
) -> list[Portfolio]:
    resolved = wiring.settings_from(context.config)

    def index() -> AssetIndex:
        known()  # without prices nothing is proposed, so no provider is asked for its coins
        return assets_of(context, resolved, offline=offline)

    found = []
    for file in files:
        loaded = read(file, index)
        for warning in loaded.warnings:
            context.tell(f"note: {warning}")
        found.append(loaded.portfolio)
    return found


def is_file(name: str) -> bool:
    """Tell whether a word means a file, `-` for standard input, and no stored portfolio."""
    return name == "-" or "/" in name or name.endswith(FILE_ENDINGS)
