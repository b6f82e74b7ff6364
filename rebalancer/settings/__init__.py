"""Settings: read once at the top, from flags, environment, files and defaults, in that order.

`load_settings` answers with the values and where each one came from. Secrets come from the
environment, a `.env` file or a directory of secrets, never from the settings file, and are never
shown. Nothing is read at import.
"""

from rebalancer.settings.loading import Resolved, Shown, load_settings
from rebalancer.settings.model import CoinGecko, Email, Settings, Telegram, TokenMetrics
from rebalancer.settings.template import template

__all__ = [
    "CoinGecko",
    "Email",
    "Resolved",
    "Settings",
    "Shown",
    "Telegram",
    "TokenMetrics",
    "load_settings",
    "template",
]
