"""Coinbase: five generations of the transaction history, and the statement of Coinbase Pro."""

from __future__ import annotations

import re

from portfolios.loaders.exchanges.export_format import Format, same

_IN = "+base"
_OUT = "-base"
_CONVERTED = re.compile(r" to (?P<amount>[\d.,]*\d) (?P<asset>[A-Za-z0-9]+)")
_PAID = re.compile(r" for (?P<amount>[^\d\s]?[\d.,]*\d) (?P<asset>[A-Za-z0-9]+)")

COINBASE_HISTORY = Format(
    tool="Coinbase",
    what="transaction history",
    columns={
        "id": "id",
        "time": "timestamp",
        "kind": "transaction type",
        "base_asset": "asset",
        "base": "quantity transacted",
        "notes": "notes",
    },
    needs="time kind base_asset base notes",
    patterns={"converted": ("notes", _CONVERTED), "paid": ("notes", _PAID)},
    kinds={
        **same("buy|advanced trade buy|advance trade buy|retail mgx dex buy", "+base -paid?"),
        **same("sell|advanced trade sell|advance trade sell", "-base +paid?"),
        "convert": "-base +converted",
        **same("receive|deposit|staking income|reward income|rewards income|credit", _IN),
        **same("inflation reward|learning reward|coinbase earn|subscription rebates", _IN),
        **same("subscription rebate|interest payout|referral reward|airdrop|incentives *", _IN),
        **same("exchange withdrawal|pro withdrawal|prime withdrawal|fork|*reward*", _IN),
        **same("subscription rebates (24 hours)|rebate", _IN),
        **same("send|withdrawal|exchange deposit|pro deposit|prime deposit|donation", _OUT),
        **same("admin debit|subscription|card spend|retail mgx dex send", _OUT),
        **same("asset migration|retail simple dust", "=base"),
        **same("retail staking transfer|retail unstaking transfer|retail eth2 deprecation", ""),
        **same("vault withdrawal|vault deposit|cash to savings|savings to cash|transfer", ""),
    },
    codes={"ETH2": "ETH", "CGLD": "CELO"},
    has_money=False,
    note="money is not booked here as completely as coins, add it as cash",
)
COINBASE_PRO = Format(
    tool="Coinbase Pro",
    what="account statement",
    columns={
        "account_name": "portfolio",
        "kind": "type",
        "time": "timestamp|time",
        "base": "amount",
        "left": "balance",
        "base_asset": "amount/balance unit",
        "trade": "trade id",
    },
    needs="kind time base left base_asset",
    kinds=same("deposit|withdrawal|match|fee|conversion|rebate", "=base"),
    otherwise="=base",
)

COINBASE = (COINBASE_HISTORY, COINBASE_PRO)
