from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portfolios.documents.codec import from_json, portfolio_to_json, to_json
from portfolios.model.portfolio import Holding, Lock, LockKind, Portfolio
from portfolios.values.canonical import money, plain, read_utc, utc_text

FROZEN = Lock(LockKind.FROZEN, date(2027, 3, 1), "staked", Decimal("1.50"))


def test_a_noun_becomes_plain_json_with_every_field() -> None:
    assert to_json(FROZEN) == {
        "kind": "frozen",
        "until": "2027-03-01",
        "reason": "staked",
        "quantity": "1.5",
    }


def test_what_is_read_equals_what_was_written() -> None:
    assert from_json(Lock, to_json(FROZEN)) == FROZEN


def test_a_field_added_later_gets_its_default() -> None:
    assert from_json(Lock, {"kind": "no_buy"}) == Lock(LockKind.NO_BUY)


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "no_buy", "colour": "red"},
        {"kind": "no_way"},
        {"kind": "no_buy", "until": "soon"},
        {"kind": "no_buy", "quantity": 1.5},
        {"kind": "no_buy", "quantity": "much"},
        {"kind": "no_buy", "reason": 5},
        {},
        [],
        None,
    ],
)
def test_a_document_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match=r"Lock|valid|isoformat"):
        from_json(Lock, document)


def test_what_cannot_be_kept_exactly_is_refused() -> None:
    with pytest.raises(ValueError, match="Holding"):
        to_json(Holding("bitcoin", 0.1))  # type: ignore[arg-type]


def test_a_printed_portfolio_names_its_schema() -> None:
    document = portfolio_to_json(Portfolio("core", cash=Decimal("500.00")))
    assert (document["schema"], document["cash"]) == ("rebalancer.portfolio/1", "500")


@pytest.mark.parametrize(
    ("number", "text", "amount"),
    [
        ("0", "0", "0.00"),
        ("-0.00", "0", "0.00"),
        ("1E+3", "1000", "1000.00"),
        ("1E-8", "0.00000001", "0.00000001"),
        ("12.50", "12.5", "12.50"),
        ("-7.1", "-7.1", "-7.10"),
        ("100", "100", "100.00"),
        ("0.1234567890123456789012345678901", "0.1234567890123456789012345678901", None),
    ],
)
def test_decimals_are_written_exactly_and_plainly(
    number: str, text: str, amount: str | None
) -> None:
    assert plain(Decimal(number)) == text
    assert money(Decimal(number)) == (amount or text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e500", "1e-500"])
def test_what_cannot_be_written_plainly_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match=r"finite|digits"):
        plain(Decimal(number))


@pytest.mark.parametrize("number", [0.1, 1, True, "1"])
def test_only_decimals_are_money(number: Decimal) -> None:
    with pytest.raises(TypeError, match="Decimal"):
        plain(number)


def test_moments_are_aware_and_in_utc() -> None:
    moment = datetime(2026, 11, 22, 9, 0, 0, 5, tzinfo=UTC)
    assert read_utc(utc_text(moment)) == moment
    assert read_utc("2026-11-22T10:00:00+01:00") == moment.replace(microsecond=0)
    with pytest.raises(ValueError, match="time zone"):
        utc_text(moment.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"):
        read_utc("2026-11-22T10:00:00")
