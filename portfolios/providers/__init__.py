"""Where market data come from.

Each source is a module of its own and knows no other: `technical` makes grades from prices alone,
`sample` is the built-in market that needs neither network nor key. Each vendor has a folder with
its traits, which load quickly, apart from the code that asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from portfolios.providers.coingecko.traits import COINGECKO
from portfolios.providers.provider import Capability, Provider
from portfolios.providers.tokenmetrics.traits import TOKENMETRICS

PROVIDERS: Mapping[str, Provider] = MappingProxyType(
    {provider.name: provider for provider in (COINGECKO, TOKENMETRICS)}
)
"""Every vendor by its name, in the order in which people are shown them."""


def label_of(source: str) -> str:
    """Return how a source is written for people: its label, or its name when it is no vendor."""
    return PROVIDERS[source].label if source in PROVIDERS else source


def providing(capability: Capability) -> tuple[Provider, ...]:
    """Return the vendors that are asked for something."""
    return tuple(each for each in PROVIDERS.values() if each.capability is capability)
