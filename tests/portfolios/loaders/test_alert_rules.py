from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.loaders.alert_rules import OPERATORS, SUBJECTS, Rule, parse_rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("price bitcoin > 100000", Rule("price", "bitcoin", ">", Decimal(100000))),
        ("short_grade solana<40", Rule("short_grade", "solana", "<", Decimal(40))),
        ("long_grade solana >= 70.5", Rule("long_grade", "solana", ">=", Decimal("70.5"))),
        ("trend solana <= -1", Rule("trend", "solana", "<=", Decimal(-1))),
        ("change_24h solana < -7.5%", Rule("change_24h", "solana", "<", Decimal("-0.075"))),
        ("change_24h solana > 250%", Rule("change_24h", "solana", ">", Decimal("2.5"))),
        ("weight usd-coin > 30%", Rule("weight", "usd-coin", ">", Decimal("0.3"))),
        ("drift > 5%", Rule("drift", "", ">", Decimal("0.05"))),
        ("drift solana > 5%", Rule("drift", "solana", ">", Decimal("0.05"))),
        ("value < 10000", Rule("value", "", "<", Decimal(10000))),
        ("price Shiba Inu > 1", Rule("price", "Shiba Inu", ">", Decimal(1))),
        ("sector.ai > 0.3", Rule("sector", "ai", ">", Decimal("0.3"))),
    ],
)
def test_a_rule_is_read(text: str, rule: Rule) -> None:
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", '"" is not a rule; write it as "price bitcoin > 100000"'),
        ("price bitcoin", '"price bitcoin" is not a rule; write it as "price bitcoin > 100000"'),
        ("price bitcoin == 3", '"price bitcoin == 3" is not a rule; write it as "price bitcoin > '
         '100000"'),
        ("1 < price bitcoin < 3", '"1 < price bitcoin < 3" is not a rule; write it as "price '
         'bitcoin > 100000"'),
        ("prize bitcoin > 3", "subject prize is unknown; did you mean price?"),
        ("price > 3", '"price > 3" does not say which asset'),
        ("value bitcoin > 3", '"value bitcoin > 3" has a word too many after value'),
        ("sector > 3%", '"sector" needs a name; write it as "sector.ai > 30%"'),
        ("sector. > 3%", '"sector. > 3%" does not say which sector'),
        ("sector.ai coin > 3%", '"sector.ai coin > 3%" has a word too many after sector'),
        ("weight solana > 30", '"30" is not a percentage; write "30%" or 0.30'),
        ("price bitcoin > 3%", '"3%" is a percentage where price needs a plain number'),
        ("price bitcoin > -3", '"-3" is negative, so price never crosses it'),
        ("short_grade solana > 140", '"140" is outside 0 to 100, so short_grade never crosses it'),
        ("weight bitcoin > 100%", '"100%" is never reached: weight is never > it'),
        ("weight bitcoin < 0%", '"0%" is never reached: weight is never < it'),
        ("short_grade solana > 100", '"100" is never reached: short_grade is never > it'),
        ("trend solana < -1", '"-1" is never reached: trend is never < it'),
        ("price bitcoin <= 0", '"0" is never reached: price is never <= it'),
        ("value < 0", '"0" is never reached: value is never < it'),
        ("change_24h solana < -100%", '"-100%" is never reached: change_24h is never < it'),
        ("change_24h solana < -101%", '"-101%" is never reached: change_24h is never < it'),
        ("price bitcoin > 1e40", '"1e40" is too large; the most is 1 followed by 18 zeros'),
    ],
)  # fmt: skip
def test_a_rule_without_meaning_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_rule(text)
    assert str(caught.value) == sentence


WORDS = st.sampled_from([*SUBJECTS, *OPERATORS, "sector.ai", "bitcoin", "3", "-4%", "=", ".", " "])


@given(st.lists(WORDS, max_size=6).map(" ".join) | st.text(max_size=30))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    outcome = read_or_refused(text)
    if isinstance(outcome, Rule):
        assert outcome.subject in SUBJECTS
        assert outcome.operator in OPERATORS
        assert outcome.level.is_finite()
    else:
        assert outcome.isprintable()


def read_or_refused(text: str) -> Rule | str:
    try:
        return parse_rule(text)
    except ValueError as error:
        return str(error)
