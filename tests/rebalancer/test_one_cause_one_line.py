"""What has one cause is told in one line, however much it concerns."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from alerts.render.plain import plain_text
from alerts.texts.event_messages import withheld_message
from alerts.texts.finding_groups import grouped
from portfolios.model.plan import Finding, Zone
from portfolios.model.portfolio import Holding
from rebalancer.cli.views.plan import zones_view
from rebalancer.usecases.monitoring.data_alerts import doubts
from rebalancer.usecases.proposals.analysis import analyse, findings_of
from rebalancer.usecases.proposals.propose import propose
from tests.rebalancer.faces import BOOK, SAMPLE, aged, mail, printed, real, run


def told(findings: tuple[Finding, ...]) -> str:
    return printed(lambda console: console.print(zones_view(findings)))


@pytest.mark.parametrize("count", [1, 10, 180])
def test_assets_that_nobody_prices_make_few_lines(count: int) -> None:
    unknown = tuple(Holding(f"nobody-{i}", Decimal(5)) for i in range(count))
    names = tuple(holding.asset_id for holding in unknown)
    book = replace(BOOK, holdings=(*BOOK.holdings, *unknown), unknown=names)
    findings = findings_of(analyse(book, real()))
    grey = [f for f in findings if f.zone is Zone.GREY]
    lines = [line for line in told(findings).splitlines() if "grey" in line.lower()]
    assert len(grey) >= 8 * count
    assert len(lines) == len(grouped(grey)) <= 3
    assert {f for group in grouped(grey) for f in group.findings} == set(grey)


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize(
    ("change", "reason"),
    [({"quarantined": "REASON"}, "REASON"), (aged(144), "price is 6 days old")],
    ids=["quarantined", "stale"],
)
def test_a_doubt_is_told_once_by_the_reason_and_once_by_the_zones(
    change: dict[str, object], reason: str, count: int
) -> None:
    names = ("bitcoin", "uniswap", "solana", "ethereum", "aave", "pepe")[:count]
    market = real(**dict.fromkeys(names, change))
    held = tuple(Holding(n, 1000 / SAMPLE.quotes[n].price) for n in names)
    analysis = analyse(replace(BOOK, targets=None, holdings=held), market)
    plan = propose(analysis).plan
    assert plan.reason.count(reason) == told(plan.zones).count(reason) == 1
    assert plain_text(withheld_message(plan)).count(reason) == 1
    assert run(analysis).count(reason) == 2 + count  # and beside each holding
    assert mail(analysis).count(reason) <= 3
    assert len(list(doubts(market, names))) == 1
