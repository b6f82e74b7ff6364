"""Tax tools: CoinTracking, Koinly, CoinTracker, CoinLedger, Blockpit. The filled side counts."""

from __future__ import annotations

from portfolios.loaders.exchanges.export_format import Format, same

_EITHER = "+in? -out? -fee"

COINTRACKING = Format(
    tool="CoinTracking",
    what="trade table",
    columns={
        "kind": "type|typ",
        "in": "buy|kauf",
        "in_asset": ">in",
        "out": "sell|verkauf",
        "out_asset": ">out",
        "account": "exchange|börse",
        "group": "group|gruppe",
        "time": "date|datum",
        "id": "tx-id",
    },
    needs="kind in in_asset out out_asset account group time",
    kind_from=(),
    kinds={"": "+in? -out?"},
    codes={"IOTA2": "IOTA"},
)
KOINLY = Format(
    tool="Koinly",
    what="transactions",
    columns={
        "time": "date|date (utc)",
        "kind": "type",
        "out": "sent amount|from amount",
        "out_asset": "sent currency|from currency",
        "out_account": "sending wallet|from wallet (read-only)",
        "in": "received amount|to amount",
        "in_asset": "received currency|to currency",
        "in_account": "receiving wallet|to wallet (read-only)",
        "fee": "fee amount",
        "fee_asset": "fee currency",
        "fee_account": "sending wallet|from wallet (read-only)|receiving wallet|"
        "to wallet (read-only)",
        "hash": "txhash",
        "text": "description",
        "deleted": "deleted",
    },
    needs="time out out_asset in in_asset fee fee_asset hash",
    kind_from=(),
    kinds={"": _EITHER},
)
COINTRACKER = Format(
    tool="CoinTracker",
    what="transactions",
    columns={
        "time": "date",
        "kind": "type",
        "in": "received quantity",
        "in_asset": "received currency",
        "in_account": "received wallet",
        "out": "sent quantity",
        "out_asset": "sent currency",
        "out_account": "sent wallet",
        "fee": "fee amount",
        "fee_asset": "fee currency",
        "fee_account": "sent wallet|received wallet",
        "deleted": "ignored",
    },
    needs="time in in_asset out out_asset fee fee_asset",
    kinds={"spam": "", "*": _EITHER},
)
COINLEDGER = Format(
    tool="CoinLedger",
    what="transactions",
    columns={
        "time": "timestamp (utc)",
        "type": "type",
        "group": "internal id",
        "account": "account name|platform",
        "kind": "record type",
        "base_asset": "asset",
        "base": "amount",
    },
    needs="time group kind base_asset base",
    kinds={"credit": "+base", **same("debit|fee", "-base")},
)
BLOCKPIT = Format(
    tool="Blockpit",
    what="transactions",
    columns={
        "time": "timestamp|date (utc)",
        "account": "integration|integration name|source name",
        "kind": "transaction type|label",
        "out_asset": "outgoing asset",
        "out": "outgoing amount",
        "in_asset": "incoming asset",
        "in": "incoming amount",
        "fee_asset": "fee asset|fee asset (optional)",
        "fee": "fee amount|fee amount (optional)",
    },
    needs="time kind out_asset out in_asset in",
    kind_from=(),
    kinds={"": _EITHER},
)

TAX_TOOLS = (COINTRACKING, KOINLY, COINTRACKER, COINLEDGER, BLOCKPIT)
