"""Every export that is known, as data; to add one, add a `Format` to one of these files."""

from __future__ import annotations

from portfolios.loaders.exchanges.formats.binance import BINANCE
from portfolios.loaders.exchanges.formats.coinbase import COINBASE
from portfolios.loaders.exchanges.formats.exchanges import EXCHANGES
from portfolios.loaders.exchanges.formats.kraken import KRAKEN
from portfolios.loaders.exchanges.formats.tax_tools import TAX_TOOLS
from portfolios.loaders.exchanges.formats.trackers import TRACKERS
from portfolios.loaders.exchanges.formats.wallets import WALLETS

FORMATS = (*TRACKERS, *KRAKEN, *COINBASE, *BINANCE, *EXCHANGES, *WALLETS, *TAX_TOOLS)
"""In the order of asking, where two fit a header equally."""
