"""A portfolio file read from disk, for scripts and notebooks; nothing is kept."""

from __future__ import annotations

from io import BytesIO
from os import PathLike, fspath

from portfolios import loaders
from portfolios.model.market import Market
from portfolios.model.portfolio import Portfolio


def load(path: str | PathLike[str], market: Market) -> Portfolio:
    """Read a portfolio file: TOML in full, CSV or JSON for holdings.

    Args:
        path: of the file.
        market: knows the assets that the file may name.

    Raises:
        InputError: when the file cannot be read, or with every problem in it and its line.
    """
    source = fspath(path)
    text = loaders.read_source(source, BytesIO())
    return loaders.load(text, source=source, index=market.index()).portfolio
