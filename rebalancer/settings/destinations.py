"""Where each secret may be sent: the provider's own hosts, or where whoever set it said.

A working directory may be anybody's: a file found there must not send elsewhere a key that comes
from the environment or from the user's own files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from portfolios.errors import Problem
from rebalancer.settings.layers import Layer
from rebalancer.settings.model import COINGECKO_PRO_URL, COINGECKO_URL, KEYS, variable

ADDRESSES: Mapping[str, str] = MappingProxyType(
    {
        "tokenmetrics.api_key": "tokenmetrics.base_url",
        "coingecko.api_key": "coingecko.base_url",
        "telegram.token": "telegram.base_url",
        "email.password": "email.host",
    }
)
"""Secret -> the setting that says where it is sent."""


def misdirected(chosen: Mapping[str, Layer]) -> Iterator[Problem]:
    """Yield a problem for each secret that a less trusted layer would send elsewhere.

    Args:
        chosen: dotted key -> the layer whose value is in force.
    """
    for secret, address in ADDRESSES.items():
        mine, theirs = chosen[secret], chosen[address]
        is_set = secret in mine.values and address in theirs.values
        if is_set and theirs.is_found > mine.is_found and not _is_own(address, theirs):
            ours = "the environment" if mine.origin == "environment" else mine.origin
            how = ", or name this file with --config" if theirs.is_file else ""
            yield Problem(
                f"{theirs.origin}: `{address}` would send `{secret}`, which comes from {ours},"
                f" elsewhere: set {variable(address)} in the environment, if you want that{how}",
                line=theirs.lines.get(address),
                key=address,
            )


def _is_own(key: str, layer: Layer) -> bool:
    """Tell whether an address is one of the provider's own."""
    own = (
        {COINGECKO_URL, COINGECKO_PRO_URL} if key.startswith("coingecko.") else {KEYS[key].default}
    )
    return _server(layer.values[key]) in {_server(url) for url in own if url}


def _server(url: object) -> tuple[str, str]:
    """Return scheme and server, as they are compared."""
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return "", str(url)
    return parts.scheme.lower(), parts.netloc.lower()
