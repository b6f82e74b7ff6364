"""The names of the providers, as the ledger, the store and people know them."""

from __future__ import annotations

COINGECKO = "coingecko"
TOKENMETRICS = "tokenmetrics"
