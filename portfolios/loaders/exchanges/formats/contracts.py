"""Tokens by the address of their contract, for tools that write those: the well-known ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ERC20 = {
    "0xdac17f958d2ee523a2206206994597c13d831ec7": "USDT",
    "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": "USDC",
    "0x6b175474e89094c44da98b954eedeac495271d0f": "DAI",
    "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2": "WETH",
    "0x2260fac5e5542a773aa44fbcfedf7c193bc2c599": "WBTC",
    "0xae7ab96520de3a18e5e111b5eaab095312d7fe84": "STETH",
    "0x514910771af9ca656af840dff83e8264ecf986ca": "LINK",
    "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984": "UNI",
    "0x7fc66500c84a76ad7e9c93437bfc5ac33e2ddae9": "AAVE",
}
CONTRACTS: Mapping[str, str] = MappingProxyType(
    {f"eip155:1/erc20:{address}".upper(): symbol for address, symbol in _ERC20.items()}
)
"""CAIP id of a token, in capitals -> symbol."""
