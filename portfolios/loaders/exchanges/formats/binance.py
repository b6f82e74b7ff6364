"""Binance: the statement of all accounts, and the spot trades."""

from __future__ import annotations

from portfolios.loaders.exchanges.export_format import Format, same

_STATEMENT = "export the statement instead (Wallet, Transaction History, Generate all statements)"
_LOANS = "!loans are not read: repay them, or write the balances as asset,quantity"

BINANCE_STATEMENT = Format(
    tool="Binance",
    what="statement",
    columns={
        "user": "user id",
        "time": "utc time|time",
        "account_name": "account",
        "kind": "operation",
        "base_asset": "coin",
        "base": "change",
        "remark": "remark",
    },
    needs="time account_name kind base_asset base",
    kinds={
        **same("leverage token redemption|*redemption/rebranding*|*redenomination*", "=base"),
        **same("transfer in|transfer out|transfer between *|* account transfer", ""),
        **same("transfer * and *|*subscription|*redemption|pos savings purchase", ""),
        **same("staking purchase|savings purchase|*earn*purchase|eth 2.0 staking (lock)", ""),
        **same("*margin loan|*loan*|*repayment|*liquidation*", _LOANS),
        **same("deposit|withdraw|buy|sell|fee|transaction related|transaction buy", "=base"),
        **same("transaction sold|transaction spend|transaction revenue|transaction fee", "=base"),
        **same("small assets exchange bnb*|*interest*|*rewards*|*distribution*", "=base"),
        **same(
            "fiat deposit|fiat withdraw*|binance convert|large otc trading|token swap *", "=base"
        ),
        **same("*airdrop*|p2p trading|*crypto box*|referral kickback|referral commission", "=base"),
        **same("commission history|commission rebate|realized profit and loss", "=base"),
        **same("realize profit and loss|funding fee|eth 2.0 staking|asset recovery", "=base"),
        **same("bnb fee deduction|cash voucher*|cashback*|*card spending|*bonus*", "=base"),
        **same("launchpool earnings withdrawal|launchpad*|buy crypto*|insurance fund*", "=base"),
        **same("asset - transfer|*auto-invest*|*mining*|strategy trading*|merchant *", "=base"),
    },
    otherwise="=base",
)
BINANCE_TRADES = Format(
    tool="Binance",
    what="spot trades",
    columns={
        "time": "date(utc*)|date",
        "pair": "pair|market",
        "kind": "side|type",
        "price": "price",
        "base": "executed",
        "quote": "amount",
        "fee": "fee",
    },
    needs="time pair kind price base quote fee",
    kinds={"buy": "+base -quote -fee", "sell": "-base +quote -fee"},
    note="trades only: deposits, withdrawals and rewards are in the statement",
)
BINANCE_TRADES_OLD = Format(
    tool="Binance",
    what="spot trades of the older kind",
    columns={
        "time": "date(utc*)|date",
        "pair": "market|pair",
        "kind": "type|side",
        "price": "price",
        "base": "amount",
        "quote": "total",
        "fee": "fee",
        "fee_asset": "fee coin",
    },
    needs="time pair kind base quote fee fee_asset",
    kinds=BINANCE_TRADES.kinds,
    note=BINANCE_TRADES.note,
)
BINANCE_TRANSFERS = Format(
    tool="Binance",
    what="deposits or withdrawals",
    columns={
        "time": "date(utc*)|date",
        "coin": "coin",
        "network": "network",
        "amount": "amount",
        "address": "address",
        "id": "txid",
    },
    needs="time coin network amount address id",
    instead=_STATEMENT,
)
BINANCE_ORDERS = Format(
    tool="Binance",
    what="orders",
    columns={
        "time": "date|date(utc*)",
        "pair": "pair",
        "kind": "type",
        "sell": "sell",
        "buy": "buy",
        "price": "price|inverse price",
        "status": "status",
    },
    needs="time pair kind sell buy price status",
    instead=_STATEMENT,
)

BINANCE = (BINANCE_STATEMENT, BINANCE_TRADES, BINANCE_TRADES_OLD, BINANCE_TRANSFERS, BINANCE_ORDERS)
