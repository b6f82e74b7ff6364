"""Checks `rebalancer.plan/1`: cents, sums, weights, and its problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any

from portfolios.values.canonical import digest_of
from portfolios.values.cents import CENT
from portfolios.values.exact import ROUNDING, exactly
from rebalancer.verification.fields import require_close, require_equal, require_most
from rebalancer.verification.figures import untold
from rebalancer.verification.program import check_program

Document = Mapping[str, Any]
EARLIER = "no certificate: made by an earlier version"


def check_plan(d: Document) -> Iterator[str]:
    """Yield one line for each check that holds.

    Raises:
        VerificationError: naming the first field that differs.
    """
    require_equal("id", d["id"], d["inputs_hash"].removeprefix("sha256:")[:12])
    with exactly():
        _check_trades(d)
        _check_totals(d)
    yield "each trade is quantity x price to the cent; cash, costs and sums add up"
    _check_weights(d)
    yield "weights are the values over their total, before and after"
    count, strange = untold(d)
    yield f"{count - len(strange)} of {count} figures in the texts are fields of the plan" + (
        f"; not checked: {', '.join(sorted(set(strange)))}" if strange else ""
    )
    if "digest" not in d:
        yield EARLIER
        return
    if d["problem"] is None:
        require_equal("solver", d["solver"], None)
        yield "nothing was solved, so nothing is to be proved"
    else:
        _check_problem(d, d["problem"])
        yield "the problem is that of the plan"
        yield from check_document(d["problem"])
    require_equal("digest of the plan", d["digest"], digest_of(d))
    yield "nothing was changed since it was written"


def check_document(problem: Document) -> Iterator[str]:
    """Yield one line for each check of a `rebalancer.problem/1`, as `check_plan` does."""
    if "certificate" not in problem:
        yield EARLIER
        return
    yield from check_program(problem)
    require_equal("digest of the problem", problem["digest"], digest_of(problem))


def _check_trades(d: Document) -> None:
    held = {p["asset"]: p for p in d["positions"]}
    after = {asset: Decimal(p["quantity"]) for asset, p in held.items()}
    for trade in d["trades"]:
        asset, is_buy = trade["asset"], {"buy": True, "sell": False}[trade["side"]]
        quantity, price = Decimal(trade["quantity"]), Decimal(trade["price"])
        require_equal(f"quantity of {asset} is positive", quantity > 0, True)
        require_equal(f"price of {asset}", price, Decimal(held[asset]["price"]))
        rounding = ROUND_UP if is_buy else ROUND_DOWN
        notional = (quantity * price).quantize(CENT, rounding, ROUNDING)
        require_equal(f"notional of {asset}", Decimal(trade["notional"]), notional)
        after[asset] += quantity if is_buy else -quantity
        if d.get("problem") is not None:
            i = d["problem"]["assets"].index(asset)
            rate = Decimal(repr(d["problem"]["kappa_buy" if is_buy else "kappa_sell"][i]))
            cost = (notional * rate).quantize(CENT, ROUND_UP, ROUNDING)
            require_equal(f"cost of {asset}", Decimal(trade["cost"]), cost)
    for asset, p in held.items():
        left = after[asset]
        require_equal(f"proposed_quantity of {asset}", Decimal(p["proposed_quantity"]), left)
        require_equal(f"proposed_quantity of {asset} is not negative", left >= 0, True)


def _check_totals(d: Document) -> None:
    cost = sum((Decimal(trade["cost"]) for trade in d["trades"]), Decimal(0))
    require_equal("estimated_cost", Decimal(d["estimated_cost"]), cost)
    moved = sum((_signed(trade) for trade in d["trades"]), Decimal(0))
    cash = Decimal(d["cash"]["value"])
    require_equal("cash.proposed_value", Decimal(d["cash"]["proposed_value"]), cash - moved - cost)
    for p in d["positions"]:
        if p["value"] is not None and p["price"] is not None:
            value = Decimal(p["quantity"]) * Decimal(p["price"])
            require_equal(f"value of {p['asset']}", Decimal(p["value"]), value)
    total = sum((_money(p) for p in d["positions"]), cash)
    require_equal("value", _money(d), total)


def _check_weights(d: Document) -> None:
    total, known = float(_money(d)), d["value"] is not None
    mark = "" if known else "last_known_"
    if total <= 0:
        return
    for p in d["positions"]:
        require_close(f"weight of {p['asset']}", p[f"{mark}weight"], float(_money(p)) / total)
        rise = float(Decimal(p["proposed_quantity"]) - Decimal(p["quantity"]))
        after = (float(_money(p)) + rise * float(p["price"] or 0)) / total
        require_close(f"proposed_weight of {p['asset']}", p[f"{mark}proposed_weight"], after)
    for key in ("", "proposed_") if known else ():
        share = float(d["cash"][f"{key}value"]) / total
        require_close(f"cash.{key}weight", d["cash"][f"{key}weight"], share)
        rest = 1.0 - sum(p["reference_weight"] for p in d["positions"])
        gaps = [abs(p[f"{key}weight"] - p["reference_weight"]) for p in d["positions"]]
        require_close(f"{key}drift", d[f"{key}drift"], 0.5 * (sum(gaps) + abs(share - rest)))


def _check_problem(d: Document, problem: Document) -> None:
    mark = "" if d["value"] is not None else "last_known_"
    require_equal("problem.assets", problem["assets"], [p["asset"] for p in d["positions"]])
    after = [p[f"{mark}proposed_weight"] for p in d["positions"]]
    for i, p in enumerate(d["positions"]):
        require_close(f"weight of {p['asset']}", p[f"{mark}weight"], problem["w0"][i])
        require_close(f"reference_weight of {p['asset']}", p["reference_weight"], problem["r"][i])
    require_close("solver.objective", d["solver"]["objective"], problem["solution"]["objective"], 0)
    _check_sides(d, problem, dict(zip(problem["assets"], after, strict=True)))
    for line in d["sectors"]:
        j = problem["sector_names"].index(line["sector"])
        share = [row[j] for row in problem["M"]]
        for name, weights in ((f"{mark}weight", problem["w0"]), (f"{mark}proposed_weight", after)):
            found = sum(m * w for m, w in zip(share, weights, strict=True))
            require_close(f"sectors.{name} of {line['sector']}", line[name], found)


def _check_sides(d: Document, problem: Document, after: Mapping[str, float]) -> None:
    """Check that trades go the way of the answer.

    Where trades too small to be worth making are left out, others take over what they raised.
    """
    answer, traded = problem["solution"], {trade["asset"] for trade in d["trades"]}
    moves = zip(problem["assets"], answer["u"], answer["v"], strict=True)
    most = problem["min_trade"] + sum(u + v for asset, u, v in moves if asset not in traded)
    for trade in d["trades"]:
        i = problem["assets"].index(trade["asset"])
        if (move := answer["u"][i] - answer["v"][i]) != 0:
            require_equal(f"side of {trade['asset']}", trade["side"], "buy" if move > 0 else "sell")
        beyond = abs(after[trade["asset"]] - answer["w"][i])
        require_most(f"trade of {trade['asset']}: beyond the answer", beyond, most)


def _signed(trade: Document) -> Decimal:
    return Decimal(trade["notional"]) * (1 if trade["side"] == "buy" else -1)


def _money(d: Document) -> Decimal:
    """Return a value, or what was last known of it."""
    return Decimal(d["value"] if d["value"] is not None else d.get("last_known_value") or 0)
