"""Trackers: rotki, Ghostfolio, Wealthfolio, Portfolio Performance, Delta, CoinStats."""

from __future__ import annotations

from portfolios.loaders.exchanges.export_format import Format, same
from portfolios.loaders.exchanges.formats.contracts import CONTRACTS

NO_MONEY = "money is not booked here, add it as cash"

ROTKI_SNAPSHOT = Format(
    tool="rotki",
    what="balances snapshot",
    columns={
        "time": "timestamp",
        "kind": "category",
        "base": "amount",
        "base_asset": "asset symbol|asset identifier",
        "value": "*value",
    },
    needs="time kind base base_asset value",
    kinds={"asset": "+base", "liability": "!debts are not read"},
    codes=CONTRACTS,
    is_snapshot=True,
)
ROTKI_TRADES = Format(
    tool="rotki",
    what="trades",
    columns={
        "time": "timestamp",
        "account": "location",
        "out": "spend amount",
        "out_asset": "spend currency",
        "in": "receive amount",
        "in_asset": "receive currency",
        "fee": "fee",
        "fee_asset": "fee currency",
    },
    needs="time account out out_asset in in_asset",
    kind_from=(),
    kinds={"": "-out +in -fee"},
    codes=CONTRACTS,
    note="trades only: deposits, withdrawals and rewards are in other files",
)
ROTKI_EVENTS = Format(
    tool="rotki",
    what="events",
    columns={
        "time": "timestamp",
        "kind": "type",
        "account": "location",
        "base": "amount",
        "base_asset": "currency",
        "fee": "fee",
        "fee_asset": "fee currency",
    },
    needs="time kind account base base_asset fee fee_asset",
    kinds={
        **same("deposit|income|staking|receive|reward", "+base -fee"),
        **same("withdrawal|loss|spend", "-base -fee"),
    },
    codes=CONTRACTS,
    note="deposits, withdrawals and rewards only: trades are in another file",
)

_GHOSTFOLIO = {
    **same("buy", "+base"),
    **same("sell", "-base"),
    **same("dividend|fee|interest|item|liability", ""),
}
GHOSTFOLIO = Format(
    tool="Ghostfolio",
    what="activities",
    columns={
        "id": "id",
        "time": "date",
        "base_asset": "code|symbol",
        "source": "datasource|data source",
        "currency": "currency",
        "price": "price|unitprice|unit price",
        "base": "quantity",
        "kind": "action|type",
        "fee_paid": "fee",
        "comment": "note|comment",
        "account": "account",
        "deleted": "isdraft",
    },
    needs="time base_asset currency price base kind fee_paid",
    kinds=_GHOSTFOLIO,
    has_money=False,
    note=NO_MONEY,
)
WEALTHFOLIO = Format(
    tool="Wealthfolio",
    what="activities",
    columns={
        "id": "id",
        "time": "date|activitydate",
        "base_asset": "assetsymbol|symbol|assetid",
        "base": "quantity",
        "kind": "activitytype",
        "price": "unitprice",
        "currency": "currency",
        "account": "accountname|accountid",
        "status": "status",
        "deleted": "isdraft",
    },
    needs="time base_asset base kind",
    kinds={
        **same("buy|transfer in|add holding", "+base?"),
        **same("sell|transfer out|remove holding", "-base?"),
        **same("dividend|interest|fee|tax|deposit|withdrawal|credit", ""),
        "split": "!splits are not read",
    },
    has_money=False,
    note=NO_MONEY,
)
PORTFOLIO_PERFORMANCE = Format(
    tool="Portfolio Performance",
    what="transactions",
    columns={
        "time": "date|datum",
        "kind": "type|typ",
        "value": "value|wert",
        "currency": "transaction currency|buchungswährung",
        "base": "shares|stück",
        "isin": "isin",
        "base_asset": "ticker symbol|ticker-symbol|security name|wertpapiername",
        "asset_name": "security name|wertpapiername",
        "account": "securities account|depot|wertpapierdepot",
    },
    needs="time kind value base base_asset",
    kinds={
        **same("buy|kauf", "+base"),
        **same("delivery (inbound)|einlieferung|inbound delivery", "+base"),
        **same("transfer (inbound)|umbuchung (eingang)|security transfer (inbound)", "+base"),
        **same("sell|verkauf", "-base"),
        **same("delivery (outbound)|auslieferung|outbound delivery", "-base"),
        **same("transfer (outbound)|umbuchung (ausgang)|security transfer (outbound)", "-base"),
        **same("deposit|removal|dividend|interest|interest charge|fees|fees refund|taxes", ""),
        **same("tax refund|einlage|entnahme|dividende|zinsen|zinsbelastung|gebühren", ""),
        **same("gebührenerstattung|steuern|steuerrückerstattung", ""),
    },
    has_money=False,
    note=NO_MONEY,
)
DELTA = Format(
    tool="Delta",
    what="transactions",
    columns={
        "time": "date",
        "kind": "way",
        "base": "base amount",
        "base_asset": "base currency (name)",
        "class": "base type",
        "quote": "quote amount",
        "quote_asset": "quote currency",
        "account": "exchange",
        "fee": "fee amount",
        "fee_asset": "fee currency (name)",
    },
    needs="time kind base base_asset quote quote_asset",
    kinds={
        "buy": "+base -quote? -fee",
        "sell": "-base +quote? -fee",
        **same("deposit|dividend", "+base -fee"),
        **same("withdraw|withdrawal", "-base -fee"),
        "transfer": "-fee",
    },
    has_money=False,
    note=NO_MONEY,
)
COINSTATS = Format(
    tool="CoinStats",
    what="transactions",
    columns={"coin": "coin symbol", "pair": "pair", "kind": "type", "amount": "amount",
             "percent": "fee percent"},
    needs="coin pair kind amount percent",
    instead="its amounts of the other side of a pair are not stated: write the balances that "
    "CoinStats shows as asset,quantity",
)  # fmt: skip

TRACKERS = (ROTKI_SNAPSHOT, ROTKI_TRADES, ROTKI_EVENTS, GHOSTFOLIO, WEALTHFOLIO,
            PORTFOLIO_PERFORMANCE, DELTA, COINSTATS)  # fmt: skip
