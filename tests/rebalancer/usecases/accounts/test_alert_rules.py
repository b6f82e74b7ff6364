"""Rules of an owner's own: added once, bounded, and taken away however they are spaced."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from portfolios.errors import UsageError
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.accounts.alert_rules import MOST_RULES, Added, add_rule, remove_rule

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MARKET = sample_market()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "r.db") as database:
        store = Store(database)
        held = (Holding("own-token", Decimal(1)),)
        store.save_portfolio(Portfolio("core", holdings=held), at=NOW)
        yield store


def rules(store: Store) -> list[str]:
    return [alert.when for alert in store.load_portfolio("core").alerts]


def add(store: Store, text: str) -> Added:
    return add_rule(store, "core", text, index=MARKET.index, priced=MARKET.assets, at=NOW)


def test_a_rule_is_added_once_however_it_is_spaced(store: Store) -> None:
    assert add(store, "price bitcoin > 100000").is_new
    assert add(store, "price bitcoin>100000") == Added("price bitcoin > 100000", is_new=False)
    assert rules(store) == ["price bitcoin > 100000"]
    assert remove_rule(store, "core", "price  bitcoin  >100000.0", at=NOW)
    assert not remove_rule(store, "core", "price bitcoin > 100000", at=NOW)
    assert rules(store) == []


def test_a_symbol_is_kept_as_the_id_it_means(store: Store) -> None:
    assert add(store, "price BTC >= 1").when == "price bitcoin >= 1"
    assert not add(store, "price bitcoin >= 1").is_new
    assert add(store, "price Shiba Inu > 1").when == "price shiba-inu > 1"
    assert add(store, "sector.AI > 30%").when == "sector.ai > 30%"
    assert add(store, "weight OWN-token > 1%") == Added("weight own-token > 1%", is_new=True)


def test_a_known_asset_without_a_price_is_taken_with_a_word(store: Store) -> None:
    added = add_rule(store, "core", "price SOL > 1", index=MARKET.index, priced=(), at=NOW)
    assert added.doubt == "solana is not priced here yet, the next refresh looks for it"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("price bitcoinn > 1", "unknown; did you mean bitcoin"),
        ("price nonesuch > 1", "unknown"),
        ("price LUNA > 1", "names two assets: .*; write the id terra-luna"),
        ("price EUR > 1", "is a currency"),
        ("weight cash > 5%", "cash cannot be limited"),
        ("sector.aii > 30%", "unknown; did you mean ai"),
        ("price own-token > 1", "own-token has no market, so its price is unknown"),
    ],
)
def test_a_rule_that_can_never_be_true_is_refused(store: Store, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        add(store, text)
    assert rules(store) == []


def test_nonsense_and_one_too_many_are_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="is not a rule"):
        add(store, "hello")
    for number in range(MOST_RULES):
        add(store, f"value > {number}")
    with pytest.raises(UsageError, match="50 rules, the most there may be"):
        add(store, "drift > 5%")
    assert not add(store, "value > 0").is_new
    assert len(rules(store)) == MOST_RULES
