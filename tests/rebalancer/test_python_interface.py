"""What scripts and notebooks import from `rebalancer`: light to import, one verb after another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rebalancer
from portfolios.errors import InputError
from portfolios.samples import read_sample

HEAVY = ("numpy", "cvxpy", "matplotlib", "telegram")


def test_importing_the_package_loads_nothing_heavy_until_a_name_is_used() -> None:
    code = (
        "import sys, rebalancer\n"
        f"heavy = {HEAVY!r}\n"
        "assert set(rebalancer.__all__) <= set(dir(rebalancer))\n"
        "assert not [name for name in heavy if name in sys.modules]\n"
        "rebalancer.analyse\n"
        "assert 'numpy' in sys.modules and 'cvxpy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_portfolio_is_loaded_analysed_judged_proposed_for_and_varied(tmp_path: Path) -> None:
    file = tmp_path / "growth.toml"
    file.write_bytes(read_sample("growth"))
    market = rebalancer.sample_market()
    analysis = rebalancer.analyse(rebalancer.load(file, market), market)
    findings = rebalancer.findings_of(analysis)
    plan = rebalancer.propose(analysis, findings=findings).plan
    supposed = rebalancer.what_if(analysis, ["turnover=5%"])
    assert analysis.portfolio.name == "growth"
    assert len(plan.trades) > 1
    assert [(f.rule, f.subject) for f in plan.zones] == [(f.rule, f.subject) for f in findings]
    assert supposed.now.plan == plan
    assert supposed.then.plan is not None
    assert supposed.then.plan.turnover < plan.turnover


def test_a_file_with_mistakes_names_every_one_of_them(tmp_path: Path) -> None:
    file = tmp_path / "coins.csv"
    file.write_text("asset,quantity\nbitcoin,abc\nbitcon,1\n")
    with pytest.raises(InputError) as caught:
        rebalancer.load(file, rebalancer.sample_market())
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_a_name_that_is_not_offered_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'sell_everything'"):
        rebalancer.sell_everything  # noqa: B018
