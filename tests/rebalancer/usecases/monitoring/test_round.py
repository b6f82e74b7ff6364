"""A round: what is due is done once, whoever else is at it, and one failure stays one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Barrier, Thread

import pytest

from alerts.channels.email.traits import EMAIL
from alerts.delivery.outbox import Outbox
from alerts.messages import Kind, Message
from alerts.preferences.store import PreferenceStore
from portfolios.model.assets import Asset
from portfolios.model.insights import Insights
from portfolios.model.market import Market
from portfolios.model.policy import Policy, Range
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person
from rebalancer.usecases.monitoring.round import Round, RoundInputs, run_round
from rebalancer.usecases.proposals.analysis import Analysis, analyse
from tests.rebalancer.bot.bot_fixture import CANARY, MARKET, NOW, Bot

BOB = Person("bob", addresses={"email": "bob@example.org"}, portfolios=("shared",))
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    return Bot(tmp_path)


def around(*people: Person) -> RoundInputs:
    return RoundInputs(MARKET, Insights(), people)


def rounded(bot: Bot, *people: Person, now: datetime = NOW, most: int = 1_000) -> Round:
    left = iter(range(most))
    with bot.store() as store:
        return run_round(
            store, around(*people), now=now, goes_on=lambda: next(left, None) is not None
        )


def test_every_portfolio_is_checked_and_told_of_in_one_line(bot: Bot) -> None:
    assert str(rounded(bot)) == "2 portfolios checked, 0 reports, 0 digests"


def test_a_word_to_stop_ends_it_between_two_portfolios(bot: Bot) -> None:
    assert rounded(bot, most=1).checked == 1
    assert rounded(bot, most=0).checked == 0


def test_a_portfolio_that_cannot_be_judged_holds_up_no_other(bot: Bot) -> None:
    with bot.store() as store:
        kept = store.load_portfolio(CANARY)
        policy = Policy(sectors={"layer1": Range(min=Decimal("0.9"), max=Decimal(1)),
                                 "defi": Range(min=Decimal("0.5"), max=Decimal(1))})  # fmt: skip
        store.save_portfolio(replace(kept, policy=policy), at=NOW)
    done = rounded(bot)
    assert set(done.failed) == {CANARY}
    assert done.checked >= 1


class Poisoned(dict[str, Asset]):
    """Assets of which one is something that nobody foresaw."""

    def get(self, key: str, default: object = None) -> Asset:  # type: ignore[override]
        if key == "poison":
            raise ValueError("no such thing")
        return super().get(key, default)  # type: ignore[arg-type, return-value]


def add(bot: Bot, name: str, **changes: object) -> None:
    held = (Holding("bitcoin", Decimal(1)),)
    with bot.store() as store:
        own = Portfolio(name, cash=Decimal(100), holdings=held)
        store.save_portfolio(replace(own, **changes), at=NOW)


def hold_back(bot: Bot, person: Person) -> None:
    told = Message(Kind.GRADE, "g1", "shared: grades moved", NOW, portfolio="shared")
    with bot.store() as store:
        PreferenceStore(store.database).hold_back(person.name, EMAIL.name, told, at=NOW)


def test_an_index_that_was_never_fetched_holds_up_neither_reports_nor_digests(bot: Bot) -> None:
    bob = replace(BOB, portfolios=("an-index", "shared"))
    add(bot, "an-index", targets_from="tokenmetrics:99")
    hold_back(bot, bob)
    done = rounded(bot, bob, now=MONDAY + timedelta(hours=1))
    assert (done.checked, done.reports, done.digests) == (2, 1, 1)
    assert list(done.failed) == ["an-index"]
    assert "nothing is known yet" in done.failed["an-index"]


def test_what_nobody_foresaw_in_one_portfolio_holds_up_no_other(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    bob = replace(BOB, portfolios=("a-poison", "shared"))
    add(bot, "a-poison", holdings=(Holding("poison", Decimal(1)),))
    hold_back(bot, bob)
    known = replace(around(bob), market=replace(MARKET, assets=Poisoned(MARKET.assets)))
    with bot.store() as store:
        done = run_round(store, known, now=MONDAY + timedelta(hours=1))
    assert (done.checked, done.reports, done.digests) == (2, 1, 1)
    assert done.failed == {"a-poison": "unexpected ValueError; the log says more"}
    assert [r.exc_info is not None for r in caplog.records if "a-poison" in r.message] == [True] * 2


def test_each_week_is_reported_once_by_two_at_once(bot: Bot) -> None:
    together, reports = Barrier(2), list[int]()

    def work() -> None:
        together.wait(30)
        reports.append(rounded(bot, BOB, now=MONDAY).reports)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(reports) == 1
    assert rounded(bot, BOB, now=MONDAY + timedelta(hours=1)).reports == 0
    with bot.store() as store:
        told = [d for d in Outbox(store.database).find() if d.message.kind is Kind.WEEKLY]
    assert [d.dedupe_key for d in told] == ["weekly:shared:2026-W48:bob:email"]


def test_a_report_tells_nothing_held_back_of_a_portfolio_that_is_not_his(bot: Bot) -> None:
    with bot.store() as store:
        for name in (CANARY, "shared"):
            held = Message(Kind.GRADE, f"held:{name}", f"{name}: held back", NOW, portfolio=name)
            PreferenceStore(store.database).hold_back("bob", EMAIL.name, held, at=MONDAY)
    rounded(bot, BOB, now=MONDAY)
    with bot.store() as store:
        told = [d for d in Outbox(store.database).find() if d.message.kind is Kind.WEEKLY]
    assert "shared: held back" in str(told)
    assert f"{CANARY}: held back" not in str(told)


def test_nothing_that_grows_with_the_history_is_read_in_a_round(bot: Bot) -> None:
    rounded(bot, BOB)
    read: list[str] = []
    with bot.store() as store:
        store.database.connection.set_trace_callback(read.append)
        run_round(store, around(BOB), now=NOW + timedelta(minutes=15))
        store.database.connection.set_trace_callback(None)
    assert read
    whole = [sql for sql in read if "FROM plans" in sql and "plan_id" not in sql.split("WHERE")[-1]]
    assert whole == []


def test_without_prices_digests_go_out_all_the_same(bot: Bot) -> None:
    with bot.store() as store:
        done = run_round(store, replace(around(), market=None), now=NOW)
    assert (done.checked, done.failed) == (0, {})


def test_a_round_analyses_each_portfolio_once_whoever_is_told_and_reported_to(bot: Bot) -> None:
    analysed: list[str] = []

    def count(portfolio: Portfolio, market: Market) -> Analysis:
        analysed.append(portfolio.name)
        return analyse(portfolio, market)

    people = (BOB, replace(BOB.with_addresses({"email": "eve@example.org"}), name="eve"))
    with bot.store() as store:
        done = run_round(store, around(*people), now=MONDAY + timedelta(hours=2), analyse=count)
    assert (done.checked, done.reports) == (2, 2)
    assert sorted(analysed) == sorted([CANARY, "shared"])
