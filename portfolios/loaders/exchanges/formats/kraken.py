"""Kraken: the ledgers; its trades hold neither transfers nor rewards."""

from __future__ import annotations

from portfolios.loaders.exchanges.export_format import Format, same

_SIGNED = "=base ~fee"

KRAKEN_LEDGERS = Format(
    tool="Kraken",
    what="ledgers",
    columns={
        "id": "txid",
        "group": "refid",
        "time": "time",
        "kind": "type",
        "subkind": "subtype",
        "base": "amount",
        "base_asset": "asset",
        "fee": "fee",
        "fee_asset": "feecurrency|asset",
        "left": "balance",
    },
    needs="id group time kind base base_asset fee left",
    kind_from=("kind", "subkind"),
    kinds={
        **same("*/allocation|*/deallocation|*/autoallocation|*/migration", ""),
        **same("*/spottostaking|*/stakingfromspot|*/stakingtospot|*/spotfromstaking", ""),
        **same("*/spottofutures|*/spotfromfutures", ""),
        **same("deposit/*|withdrawal/*|trade/*|spend/*|receive/*|staking/*|dividend/*", _SIGNED),
        **same("earn/*|transfer/*|adjustment/*|rollover/*|margin/*|settled/*", _SIGNED),
        **same("sale/*|credit/*|reward/*|nfttrade/*|invite bonus/*|conversion/*", _SIGNED),
    },
    otherwise=_SIGNED,
    row_id="id",
    codes={"KFEE": ""},
)
KRAKEN_TRADES = Format(
    tool="Kraken",
    what="trades",
    columns={"id": "txid", "order": "ordertxid", "pair": "pair", "vol": "vol", "cost": "cost"},
    needs="id order pair vol cost",
    instead="export the ledgers instead (Documents, New export, Ledgers), all assets and the whole "
    "time: they hold trades, transfers and rewards",
)

KRAKEN = (KRAKEN_LEDGERS, KRAKEN_TRADES)
