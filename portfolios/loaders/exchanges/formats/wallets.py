"""Wallets and apps: Ledger Live, Crypto.com, Nexo, Revolut, Uphold."""

from __future__ import annotations

from portfolios.loaders.exchanges.export_format import Format, same

LEDGER_LIVE = Format(
    tool="Ledger Live",
    what="operations",
    columns={
        "time": "operation date",
        "status": "status",
        "base_asset": "currency ticker",
        "kind": "operation type",
        "base": "operation amount",
        "fee": "operation fees",
        "fee_asset": "currency ticker",
        "hash": "operation hash",
        "account": "account name",
        "key": "account xpub",
    },
    needs="time base_asset kind base fee account",
    kinds={
        **same("in|reward|reward payout", "+base"),
        **same("out|fees|burn", "-base"),
        **same("nft in|nft out", ""),
        **same("delegate|undelegate|redelegate|stake|unstake|vote|bond|unbond|nominate", "-fee"),
        **same("reveal|freeze|unfreeze|opt in|opt out|approve|activate", "-fee"),
    },
)
CRYPTO_COM = Format(
    tool="Crypto.com",
    what="app transactions",
    columns={
        "time": "timestamp (utc)",
        "text": "transaction description",
        "base_asset": "currency",
        "base": "amount",
        "to_asset": "to currency",
        "to": "to amount",
        "kind": "transaction kind",
        "hash": "transaction hash",
    },
    needs="time text base_asset base to_asset to kind",
    kinds={
        **same("* lock|* unlock|* locked|* unlocked|lockup lock*|lockup unlock*", ""),
        **same("crypto earn program created|crypto earn program withdrawn", ""),
        **same("supercharger deposit|supercharger withdrawal|lockup upgrade", ""),
        **same("crypto credit *", "!loans are not read"),
        **same("crypto exchange|viban purchase|crypto viban exchange|*trading*", "=base +to?"),
        **same("crypto to van sell order|trading limit order*", "=base +to?"),
        **same("crypto purchase|crypto deposit|crypto withdrawal|crypto transfer", "=base"),
        **same("crypto to exchange transfer|exchange to crypto transfer", "=base"),
        **same("dust conversion *|crypto wallet swap *|dynamic coin swap *", "=base"),
        **same("*interest*|*reward*|*cashback*|*rebate*|*bonus*|gift*|airdrop*", "=base"),
        **same("*reverted|*reimbursement*|card top up|crypto payment*|pay checkout*", "=base"),
        **same("council node deposit created|admin wallet credited|rewards platform*", "=base"),
    },
    otherwise="=base +to?",
    has_money=False,
    note="money is in another file of the app, add it as cash",
)
NEXO = Format(
    tool="Nexo",
    what="transactions",
    columns={
        "id": "transaction",
        "kind": "type",
        "in_asset": "output currency",
        "in": "output amount",
        "out_asset": "input currency",
        "out": "input amount",
        "status": "details",
        "time": "date / time (utc)",
    },
    needs="id kind in_asset in out_asset out status time",
    kinds={
        **same("interest|fixed term interest|*interest|exchange cashback|cashback", "+in"),
        **same("referral bonus|dividend|bonus|top up crypto|deposit|nexo card cashback", "+in"),
        **same("exchange collateral interest|*bonus|*booster|nexo booster|airdrop", "+in"),
        **same("withdrawal|withdraw crypto|liquidation|administrator|*withdrawal fee", "-out"),
        **same("exchange|exchange to withdraw|deposit to exchange", "-out +in"),
        **same("exchange deposited on|withdraw exchanged", ""),
        **same("locking term deposit|unlocking term deposit|transfer in|transfer out", ""),
        **same("transfer from pro wallet|transfer to pro wallet", ""),
        **same("loan*|*repayment*|credit card*|nexo card purchase*", "!loans are not read"),
    },
    row_id="id",
    codes={
        **same("NEXONEXO|NEXOBNB|NEXOBEP2", "NEXO"),
        "USDTERC": "USDT",
        "BNBN": "BNB",
        "USDX": "USD",
        "EURX": "EUR",
        "GBPX": "GBP",
    },
)
REVOLUT = Format(
    tool="Revolut",
    what="crypto statement",
    columns={
        "base_asset": "symbol",
        "kind": "type",
        "base": "quantity",
        "price": "price",
        "value": "value",
        "paid": "fees",
        "time": "date",
    },
    needs="base_asset kind base price value paid time",
    kinds={
        **same("buy|receive|*reward*|airdrop|gift*received|deposit", "+base"),
        **same("sell|send|payment|withdrawal", "-base"),
        **same("stake|unstake", ""),
    },
    has_money=False,
    note="money is not in this file, add it as cash",
)
REVOLUT_OLD = Format(
    tool="Revolut",
    what="account statement",
    columns={
        "kind": "type",
        "product": "product",
        "time": "started date",
        "end": "completed date",
        "base": "amount",
        "base_asset": "currency",
        "status": "state",
        "left": "balance",
    },
    needs="kind product time base base_asset status left",
    kinds={
        "transfer": "",
        **same("exchange|*reward*|*cashback*|card payment|topup|*refund*|fee|payment", "=base"),
    },
    has_money=False,
    note=REVOLUT.note,
)
UPHOLD = Format(
    tool="Uphold",
    what="transactions",
    columns={
        "time": "date",
        "to": "destination amount",
        "to_asset": "destination currency",
        "id": "id",
        "from": "origin amount",
        "from_asset": "origin currency",
        "status": "status",
        "kind": "type",
    },
    needs="time to to_asset id from from_asset status kind",
    kinds={"in": "+to", "out": "-from", "transfer": "-from +to"},
    row_id="id",
)

WALLETS = (LEDGER_LIVE, CRYPTO_COM, NEXO, REVOLUT, REVOLUT_OLD, UPHOLD)
