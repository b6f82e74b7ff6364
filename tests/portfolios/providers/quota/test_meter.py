from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from portfolios.errors import QuotaSpentError, UnreachableError
from portfolios.providers.quota.ledger import Ledger
from portfolios.providers.quota.meter import Meter
from portfolios.providers.quota.quota import CreditPlan
from portfolios.store.database import open_database
from portfolios.values.time import Moment

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_every_attempt_is_counted_with_its_outcome(tmp_path: Path) -> None:
    with open_database(tmp_path / "rebalancer.db") as database:
        plan = CreditPlan(per_minute=100, monthly=2)
        ledger = Ledger(database, {"tm": plan}, clock=lambda: Moment(NOW, 5.0), manual=True)
        meter = Meter(ledger, "tm", sleep=lambda _: None)
        with meter.attempt("tokens"):
            pass
        with pytest.raises(UnreachableError), meter.attempt("signals"):
            raise UnreachableError("no answer", provider="tm")
        with pytest.raises(QuotaSpentError), meter.attempt("signals"):
            pytest.fail("a call was made without a credit")
        rows = database.rows("SELECT endpoint, status FROM credits ORDER BY number")
        assert [tuple(row.values()) for row in rows] == [("tokens", "ok"), ("signals", "failed")]
        assert ledger.left("tm") == 0
