"""Other exchanges: Bitpanda, Bitstamp, KuCoin, OKX, Bitvavo, Bittrex."""

from __future__ import annotations

from portfolios.loaders.exchanges.export_format import Format, same

BITPANDA = Format(
    tool="Bitpanda",
    what="trade history",
    columns={
        "id": "transaction id",
        "time": "timestamp",
        "kind": "transaction type",
        "way": "in/out",
        "money": "amount fiat",
        "money_asset": "fiat",
        "base": "amount asset",
        "base_asset": "asset",
        "class": "asset class",
        "fee": "fee",
        "fee_asset": "fee asset",
    },
    needs="id time kind way money money_asset base base_asset",
    kind_from=("kind", "way", "class"),
    kinds={
        "deposit/*/fiat": "+money -fee",
        "withdrawal/*/fiat": "-money -fee",
        "buy/*": "-money +base -fee",
        "sell/*": "+money -base -fee",
        "deposit/*": "+base -fee",
        "withdrawal/*": "-base -fee",
        **same("transfer(stake)/*|transfer(unstake)/*|transfer(staking)/*", ""),
        **same("transfer/incoming/*|reward/*|reward*/*|transfer(reward)/*|airdrop/*", "+base"),
        "transfer/outgoing/*": "-base",
    },
    row_id="id",
)
BITSTAMP = Format(
    tool="Bitstamp",
    what="transactions",
    columns={
        "id": "id|order id",
        "kind": "type",
        "subkind": "subtype|sub type",
        "time": "datetime",
        "account_name": "account",
        "base": "amount",
        "base_asset": "amount currency",
        "quote": "value",
        "quote_asset": "value currency",
        "fee": "fee",
        "fee_asset": "fee currency",
    },
    needs="kind subkind time account_name base quote fee",
    kind_from=("kind", "subkind"),
    kinds={
        **same("market/buy|buy/*", "+base -quote -fee"),
        **same("market/sell|sell/*", "-base +quote -fee"),
        **same("deposit/*|ripple deposit/*", "+base -fee"),
        **same("withdrawal/*|ripple payment/*", "-base -fee"),
        **same("staking reward/*|*reward*/*|crypto airdrop/*|airdrop/*", "+base -fee"),
        **same("sub account transfer/*|staked assets*/*|unstaked assets*/*", ""),
        **same("started generating rewards/*|stopped generating rewards/*", ""),
    },
    codes={"ETH2R": "ETH", "ETH2": "ETH"},
)
KUCOIN_ACCOUNT = Format(
    tool="KuCoin",
    what="account history",
    columns={
        "user": "uid",
        "account_name": "account type",
        "base_asset": "currency",
        "side": "side",
        "base": "amount",
        "paid": "fee",
        "time": "time(utc*)",
        "remark": "remark",
        "kind": "type",
    },
    needs="user account_name base_asset side base time remark",
    kind_from=("remark", "side"),
    kinds={
        **same("*transfer*/*|*staking/*|*savings*/*|*pool-x*/*|*earn subscri*/*", ""),
        **same("*/deposit|*/in|*/buy|*/receive", "+base"),
        **same("*/withdrawal|*/withdraw|*/out|*/sell|*/send", "-base"),
    },
)
KUCOIN_TRADES = Format(
    tool="KuCoin",
    what="trades or orders",
    columns={
        "pair": "symbol",
        "side": "side",
        "fee": "fee",
        "funds": "funds|filled volume",
        "time": "tradecreatedat|order time(utc*)|filled time(utc*)",
    },
    needs="pair side fee funds time",
    instead="export the account history instead (Assets, Account history, Export), which holds "
    "trades, transfers and rewards",
)
OKX = Format(
    tool="OKX",
    what="trading account history",
    columns={
        "id": "id",
        "time": "time",
        "kind": "trade type",
        "action": "action",
        "base": "balance change",
        "base_asset": "balance unit",
        "left": "balance",
    },
    needs="id time kind base base_asset left",
    kind_from=(),
    kinds={"": "=base"},
    row_id="id",
)
_BITVAVO = {
    "buy": "+base -quote",
    "sell": "-base +quote",
    **same("deposit|staking|*staking*|affiliate|rebate|campaign*|distribution|loan", "+base"),
    **same("withdrawal", "-base"),
}
BITVAVO = Format(
    tool="Bitvavo",
    what="transaction history",
    columns={
        "zone": "timezone",
        "day": "date",
        "kind": "type",
        "base_asset": "currency",
        "base": "amount",
        "quote": "received / paid amount|eur received / paid",
        "quote_asset": "received / paid currency|=EUR",
        "status": "status",
        "id": "transaction id",
    },
    needs="zone day kind base_asset base quote status",
    kinds=_BITVAVO,
)
BITTREX = Format(
    tool="Bittrex",
    what="order history",
    columns={"market": "exchange|market", "kind": "ordertype|order type", "limit": "limit",
             "quantity": "quantity", "id": "uuid"},
    needs="market kind limit quantity id",
    instead="the exchange has closed: write the balances that you hold now as asset,quantity",
)  # fmt: skip

EXCHANGES = (BITPANDA, BITSTAMP, KUCOIN_ACCOUNT, KUCOIN_TRADES, OKX, BITVAVO, BITTREX)
