"""A backup is whole, private, and opens as the database it was taken from."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.errors import StoreError, UsageError
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.store.backup import back_up
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_copy_taken_while_somebody_writes_holds_whole_units(tmp_path: Path) -> None:
    path = tmp_path / "rebalancer.db"
    mine = Portfolio("core", holdings=(Holding("bitcoin", Decimal(1)),))
    with open_database(path) as one, open_database(path) as other:
        Store(one).save_portfolio(mine, at=NOW)
        with other.transaction():
            Store(other).save_portfolio(Portfolio("half"), at=NOW)
            assert back_up(one, tmp_path / "copy.db") > 0
    with open_database(tmp_path / "copy.db") as copy:
        assert Store(copy).list_portfolios() == (mine,)
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_no_file_is_overwritten_and_no_half_one_left(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db") as database:
        (tmp_path / "taken").write_text("x")
        with pytest.raises(UsageError, match="exists already"):
            back_up(database, tmp_path / "taken")
        with pytest.raises(StoreError):
            back_up(database, tmp_path / "taken" / "b.db")
    assert (tmp_path / "taken").read_text() == "x"
