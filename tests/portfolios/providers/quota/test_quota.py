from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portfolios.providers.quota.quota import CreditPlan, days_left, forecast

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(("monthly", "scheduled"), [(50, 45), (10_000, 9_000), (5, 4), (1, 0)])
def test_a_tenth_is_kept_for_commands_that_people_type(monthly: int, scheduled: int) -> None:
    plan = CreditPlan(per_minute=1, monthly=monthly)
    assert plan.limit(manual=False) == scheduled
    assert plan.limit(manual=True) == monthly
    assert CreditPlan(per_minute=1).limit(manual=False) is None


def test_the_forecast_goes_on_as_the_last_days_went() -> None:
    since = NOW - timedelta(days=21)
    assert days_left(NOW) == 8
    assert forecast(used=66, recent=21, since=since, now=NOW) == 66 + 24
    assert forecast(used=4, recent=4, since=NOW - timedelta(hours=2), now=NOW) == 4 + 32
    assert forecast(used=0, recent=0, since=None, now=NOW) == 0
    assert forecast(used=9, recent=0, since=since, now=NOW) == 9
