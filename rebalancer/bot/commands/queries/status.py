"""Commands that look at what is held: status, portfolio, sectors, risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from alerts.messages import Block, Button
from alerts.render.plain import WORDS
from alerts.texts.finding_groups import FindingGroup, grouped
from portfolios.errors import InputError, StaleDataError
from portfolios.model.assets import CASH
from portfolios.model.chart_data import SectorWeight
from portfolios.model.market import Market
from portfolios.model.plan import ORDER, Zone, worst
from portfolios.model.portfolio import Portfolio
from portfolios.model.valuation import Valuation, value_portfolio
from portfolios.values import display
from portfolios.values.causes import by_cause
from portfolios.values.cents import in_cents
from portfolios.values.parts import in_tenths
from rebalancer.bot.reply import Reply, again, as_of, lines, page_of, reply_with
from rebalancer.bot.request import Request
from rebalancer.bot.tables import shortened, table
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.status import open_plan
from rebalancer.usecases.reports.chart_data import sector_weights

BAR = 8
"""Letters of a bar that is full."""
LONGEST_LABEL = 24
LOOKS = ("portfolio", "sectors", "risk")


def status(request: Request) -> Reply:
    """Tell value, drift and zone of each portfolio."""
    market, mine = request.market(), request.portfolios()
    if not mine:
        return reply_with(
            request, "You see no portfolio yet", note="the owner adds one, or gives you one"
        )
    if len(mine) == 1:
        return _only(request, mine[0], market)
    shown, pages = page_of(request, len(mine))
    told = [_overview(request, own, market) for own in mine[shown]]
    overall = worst(tuple(each.zone for each in told))
    text = lines(*(each.text for each in told))
    head = _head(len(mine), len(told), shown, overall)
    note = as_of(market, *(each.valuation for each in told if each.valuation))
    reply = reply_with(request, head, text, zone=overall, note=note)
    names = [again(shortened(s.name, LONGEST_LABEL), "portfolio", s.name) for s in told]
    return reply.with_buttons(*_rows(names), [_refresh(request), *pages])


def _only(request: Request, own: Portfolio, market: Market) -> Reply:
    overview = _overview(request, own, market)
    note = as_of(market, *(v for v in (overview.valuation,) if v))
    reply = reply_with(request, overview.text, zone=overview.zone, note=note)
    return reply.with_buttons([_refresh(request), _chart(own, "value")], _looks(own, *LOOKS))


def _head(every: int, told: int, shown: slice, overall: Zone) -> str:
    which = f", {shown.start + 1} to {shown.start + told}" if told < every else ""
    return f"{display.counted(every, 'portfolio')}{which}: the worst is {overall.value}"


@dataclass(frozen=True, slots=True)
class _Overview:
    """How one portfolio fares; its valuation is None where nothing is known of it."""

    name: str
    zone: Zone
    text: str
    valuation: Valuation | None = None


def _overview(request: Request, own: Portfolio, market: Market) -> _Overview:
    try:
        analysis = analyse(request.followed(own), market)
    except StaleDataError:
        # The others are told all the same; a command for this one says what to do.
        told = f"grey, nothing is known yet of {own.targets_from}, which it follows"
        return _Overview(own.name, Zone.GREY, f"{own.name}: {told}")
    except InputError as error:
        return _Overview(own.name, Zone.GREY, f"{own.name}: grey, {error}")
    zone = worst(tuple(f.zone for f in findings_of(analysis)))
    value = _worth(analysis.valuation, own.currency)
    open_ = open_plan(request.store, own.name, now=request.now) is not None
    drift = f"drift {display.percent(analysis.drift)}"
    proposal = "a proposal is open" if open_ else "no proposal"
    told = ", ".join((zone.value, value, drift, proposal))
    return _Overview(own.name, zone, f"{own.name}: {told}", analysis.valuation)


def _worth(valuation: Valuation, currency: str, *, to_the_cent: bool = False) -> str:
    told = valuation.total.text(currency, to_the_cent=to_the_cent)
    return told if valuation.total.is_known else f"value {told}"


def portfolio(request: Request) -> Reply:
    """Tell what is held."""
    own, market = request.portfolio(), request.market()
    valuation = value_portfolio(own, market)
    rows = _holdings(own, valuation)
    shown, pages = page_of(request, len(rows))
    held = display.counted(len(rows) - 1, "holding")
    worth = _worth(valuation, own.currency, to_the_cent=True)
    head = f"{own.name}: {worth}, {held}"
    told = table(("asset", "value>", "weight>"), rows[shown])
    doubts = by_cause((p.name, p.grey) for p in valuation.positions if p.grey and p.quantity > 0)
    reply = reply_with(request, head, told, *_listed(doubts), note=as_of(market, valuation))
    return reply.with_buttons(
        [_refresh(request), _chart(own, "holdings"), *pages], _looks(own, "sectors", "risk")
    )


def _holdings(own: Portfolio, valuation: Valuation) -> list[list[str]]:
    """Return a row for each holding, the heaviest first, and one for the cash; they add up."""
    ranked = sorted(valuation.positions, key=lambda p: (-p.value, p.asset.asset_id))
    held = [p for p in ranked if p.quantity > 0]
    amounts = in_cents([*(p.value for p in held), valuation.cash])
    whole = valuation.value or Decimal(1)
    shares = in_tenths(
        [float(p.value / whole) for p in held] + [valuation.cash_weight()], last=True
    )
    rows = [["unknown", "-"] if not p.value else
            [_worth_of(own, amount, is_sure=not p.grey), _share(valuation, weight)]
            for p, amount, weight in zip(held, amounts, shares, strict=False)]  # fmt: skip
    cash = [_worth_of(own, amounts[-1]), _share(valuation, shares[-1])]
    names = [*(p.asset.symbol for p in held), CASH]
    return [[name, *row] for name, row in zip(names, [*rows, cash], strict=True)]


def _worth_of(own: Portfolio, amount: Decimal, *, is_sure: bool = True) -> str:
    """Return an amount; a question mark tells that its price is a last known one."""
    return f"{display.to_the_cent(amount, own.currency)}{'' if is_sure else '?'}"


def _share(valuation: Valuation, share: Decimal) -> str:
    return display.share(share, is_known=valuation.total.is_known)


def _listed(told: Sequence[str]) -> Sequence[Block]:
    return (lines(*told),) if told else ()


def sectors(request: Request) -> Reply:
    """Tell the sectors against their limits."""
    own, market = request.portfolio(), request.market()
    analysis = analyse(own, market)
    is_known = analysis.valuation.total.is_known
    ranked = sorted(sector_weights(analysis), key=lambda s: -s.now)
    *shares, cash = in_tenths([*(s.now for s in ranked), analysis.c0], last=True)
    held = {s: share for s, share in zip(ranked, shares, strict=True) if share}
    over = _over([s.name for s in held if s.excess > 0]) if is_known else "shares unknown"
    rows = [
        [
            s.name,
            display.share(share, is_known=is_known),
            _cap(s.most),
            bar(_used(s)) if is_known else "",
        ]
        for s, share in held.items()
    ]
    rows.append([CASH, display.share(cash, is_known=is_known), "", ""])
    shown, pages = page_of(request, len(rows))
    told = table(("sector", "now>", "limit>", "used"), rows[shown])
    count = display.counted(len(held), "sector")
    note = as_of(market, analysis.valuation)
    reply = reply_with(request, f"{own.name}: {count}, {over}", told, note=note)
    return reply.with_buttons([_refresh(request), _chart(own, "sectors"), *pages])


def _over(names: Sequence[str]) -> str:
    if not names:
        return "none over its limit"
    return f"{names[0]} over its limit" if len(names) == 1 else f"{len(names)} over their limits"


def _cap(cap: float | None) -> str:
    return "-" if cap is None else display.limit(cap)


def _used(sector: SectorWeight) -> float:
    """Return how much of its limit a sector uses, above 1 where it breaks it."""
    cap = 1.0 if sector.most is None else sector.most
    used = sector.now / cap if cap > 0 else 1.0
    return used if sector.excess else min(1.0, used)


def bar(share: float) -> str:
    """Show a share as a bar of at most eight letters; one that is over ends in an arrow.

    >>> bar(0.5), bar(1.2), bar(0.0)
    ('████', '███████▶', '▏')
    """
    if share > 1 + 1e-9:
        return "█" * (BAR - 1) + "▶"
    return "█" * round(share * BAR) or "▏"


def risk(request: Request) -> Reply:
    """Tell the risk zones with their reasons."""
    own, market = request.portfolio(), request.market()
    analysis = analyse(own, market)
    findings = findings_of(analysis)
    names = {p.asset.asset_id: p.asset.symbol for p in analysis.valuation.positions}
    loud = sorted(grouped(f for f in findings if f.zone is not Zone.GREEN), key=_loudness)
    shown, pages = page_of(request, len(loud))
    told = [f"{WORDS[g.zone]} {g.subject(names)}: {g.text}" for g in loud[shown]]
    calm = sum(f.zone is Zone.GREEN for f in findings)
    green = display.counted(calm, "check is green", "checks are green")
    overall = worst(tuple(f.zone for f in findings))
    head = f"{own.name}: {overall.value}, {len(loud)} to look at"
    note = as_of(market, analysis.valuation)
    reply = reply_with(request, head, lines(*told, green), zone=overall, note=note)
    return reply.with_buttons([_refresh(request), _chart(own, "risk"), *pages])


def _loudness(group: FindingGroup) -> tuple[int, float]:
    return -ORDER[group.zone], -group.severity


def _refresh(request: Request) -> Button:
    return again("Refresh", request.command, *request.words)


def _looks(own: Portfolio, *names: str) -> list[Button]:
    """Return buttons to other looks at the same portfolio."""
    return [again(name.capitalize(), name, own.name) for name in names]


def _chart(own: Portfolio, of: str) -> Button:
    return again("Chart", "chart", own.name, f"of={of}")


def _rows(buttons: list[Button]) -> list[list[Button]]:
    return [buttons[start : start + 3] for start in range(0, len(buttons), 3)]
