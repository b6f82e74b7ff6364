"""One way to decide: the same refusals and the same telling for the chat and the operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from alerts.delivery.outbox import Outbox
from alerts.migrations import ALERTS
from portfolios.errors import DecisionError
from portfolios.model.decisions import Applied, Decided, Verdict
from portfolios.model.market import Market
from portfolios.model.plan import Decision
from portfolios.model.portfolio import Holding, Portfolio
from portfolios.model.users import Person, Role
from portfolios.providers.sample.market import sample_market
from portfolios.store.database import open_database
from portfolios.store.migrations import PORTFOLIOS
from portfolios.store.portfolio_store import Store
from rebalancer.usecases.proposals.analysis import analyse
from rebalancer.usecases.proposals.decide import book, decide
from rebalancer.usecases.proposals.keep import keep_and_offer
from rebalancer.usecases.proposals.propose import propose
from rebalancer.usecases.proposals.record import record_decision
from rebalancer.usecases.proposals.refusals import OPERATOR, Decider, Refused, Why
from rebalancer.usecases.proposals.status import State, offer, status_of

MARKET = sample_market()
NOW = MARKET.as_of + timedelta(minutes=5)
HOUR = timedelta(hours=1)
MINE = Portfolio(
    "core", cash=Decimal(500), holdings=(Holding("bitcoin", Decimal(1)),),
    targets={"bitcoin": Decimal("0.5"), "ethereum": Decimal("0.4")},
)  # fmt: skip
PLAN = propose(analyse(MINE, MARKET)).plan
NEWER = replace(PLAN, plan_id="f" * 12, inputs_hash="sha256:newer")
ANN = Person("ann", Role.OWNER, addresses={"telegram": "7"})
BOB = Person("bob", Role.APPROVER, addresses={"telegram": "8"}, portfolios=("core",))
EVE = Person("eve", Role.OWNER, addresses={"telegram": "9"}, portfolios=("another",))
PEOPLE = (ANN, BOB, EVE)
CHAT = Decider(BOB)
BOTH = pytest.mark.parametrize("by", [CHAT, OPERATOR], ids=["chat", "command line"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_database(tmp_path / "d.db", migrations=(PORTFOLIOS, ALERTS)) as database:
        kept = Store(database)
        kept.save_portfolio(MINE, at=NOW)
        keep_and_offer(kept, PLAN, at=NOW)
        yield kept


def decided(
    store: Store, verdict: Verdict, by: Decider, *, at: datetime = NOW + HOUR,
    market: Market | None = MARKET, until: datetime | None = None, number: int | None = None,
) -> Decided | Refused:  # fmt: skip
    return decide(
        store, PLAN, verdict, by, people=PEOPLE, at=at, market=market, until=until, offer=number
    )


def refusal(found: object) -> tuple[Why, State]:
    assert isinstance(found, Refused)
    return found.why, found.status.state


def told(store: Store) -> dict[str, str]:
    """Return who was told what last."""
    return {d.person: d.message.headline for d in Outbox(store.database).find()}


def skipped_by_ann(store: Store) -> None:
    record_decision(store, PLAN.plan_id, Verdict.SKIP, at=NOW, by="ann")


def booked(store: Store) -> None:
    book(store, PLAN, OPERATOR, people=(), at=NOW, market=MARKET)


def other_holdings(store: Store) -> None:
    store.save_portfolio(replace(MINE, cash=Decimal(499)), at=NOW)


def at_other_prices(factor: str) -> Market:
    bitcoin = MARKET.quotes["bitcoin"]
    dearer = replace(bitcoin, price=bitcoin.price * Decimal(factor))
    return replace(MARKET, quotes={**MARKET.quotes, "bitcoin": dearer})


STANDING: Mapping[str, tuple[Callable[[Store], object], Why, State]] = {
    "removed": (lambda store: store.remove_portfolio("core"), Why.NOT_KEPT, State.OPEN),
    "skipped by another": (skipped_by_ann, Why.CLOSED, State.DECIDED),
    "booked": (booked, Why.CLOSED, State.DECIDED),
    "replaced": (lambda store: keep_and_offer(store, NEWER, at=NOW), Why.CLOSED, State.REPLACED),
    "holdings changed": (other_holdings, Why.HOLDINGS, State.OPEN),
}


@BOTH
@pytest.mark.parametrize("case", STANDING)
def test_what_stands_in_the_way_is_the_same_for_both(store: Store, by: Decider, case: str) -> None:
    happens, why, state = STANDING[case]
    happens(store)
    before = store.decisions(PLAN.plan_id), told(store)
    if case == "booked":
        store.save_portfolio(MINE, at=NOW)  # as it was, so that nothing else stands in the way
    assert refusal(decided(store, Verdict.APPROVE, by)) == (why, state)
    assert (store.decisions(PLAN.plan_id), told(store)) == before


@BOTH
def test_what_lapsed_is_not_decided_any_more(store: Store, by: Decider) -> None:
    for verdict in (Verdict.APPROVE, Verdict.SKIP):
        found = decided(store, verdict, by, at=NOW + 49 * HOUR)
        assert refusal(found) == (Why.CLOSED, State.LAPSED)


@BOTH
@pytest.mark.parametrize(
    ("market", "moved"), [(at_other_prices("1.06"), 0.06), (None, None)], ids=["moved", "unknown"]
)
def test_nothing_is_approved_at_other_prices(
    store: Store, by: Decider, market: Market | None, moved: float | None
) -> None:
    found = decided(store, Verdict.APPROVE, by, market=market)
    assert refusal(found) == (Why.PRICES, State.OPEN)
    assert isinstance(found, Refused)
    assert found.moved == (None if moved is None else pytest.approx(moved))
    assert isinstance(decided(store, Verdict.SKIP, by, market=market), Decided)


@BOTH
def test_a_plan_that_trades_nothing_is_not_decided(store: Store, by: Decider) -> None:
    still = replace(NEWER, decision=Decision.HOLD, trades=())
    keep_and_offer(store, still, at=NOW)
    found = decide(store, still, Verdict.SKIP, by, people=PEOPLE, at=NOW)
    assert refusal(found)[0] is Why.NO_TRADES


@BOTH
@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.SKIP, Verdict.SNOOZE])
def test_everybody_else_whom_it_concerns_is_told_once(
    store: Store, by: Decider, verdict: Verdict
) -> None:
    until = NOW + 25 * HOUR if verdict is Verdict.SNOOZE else None
    for _ in range(2):
        decided(store, verdict, by, until=until)
    did = {Verdict.APPROVE: "approved", Verdict.SKIP: "skipped", Verdict.SNOOZE: "put off"}[verdict]
    said = f"SAMPLE core: {by.person.name} {did} the proposal of {len(PLAN.trades)} trades"
    assert told(store) == dict.fromkeys(({"ann", "bob"} - {by.person.name}), said)
    assert len(store.decisions(PLAN.plan_id)) == len({d.message.key for d in all_of(store)}) == 1


def all_of(store: Store) -> list[object]:
    return list(Outbox(store.database).find())


def test_in_the_chat_rights_come_first(store: Store) -> None:
    looks = Decider(replace(BOB, role=Role.VIEWER))
    for by, why in ((Decider(EVE), Why.NOT_VISIBLE), (looks, Why.ROLE)):
        assert refusal(decided(store, Verdict.SKIP, by))[0] is why
        assert refusal(book(store, PLAN, by, people=PEOPLE, at=NOW, market=MARKET))[0] is why


def test_an_answer_to_an_earlier_offer_does_not_count(store: Store) -> None:
    first = status_of(store, PLAN, now=NOW).offer
    skipped_by_ann(store)
    offer(store, PLAN, at=NOW)
    found = decided(store, Verdict.APPROVE, CHAT, number=first)
    assert refusal(found) == (Why.OFFERED_AGAIN, State.OPEN)
    now = status_of(store, PLAN, now=NOW).offer
    assert isinstance(decided(store, Verdict.APPROVE, CHAT, number=now), Decided)


def test_in_the_chat_a_word_is_final_and_put_off_once(store: Store) -> None:
    decided(store, Verdict.SNOOZE, CHAT, until=NOW + 25 * HOUR)
    again = decided(store, Verdict.SNOOZE, CHAT, until=NOW + 26 * HOUR)
    assert refusal(again) == (Why.CLOSED, State.SNOOZED)
    decided(store, Verdict.SKIP, CHAT)
    assert refusal(decided(store, Verdict.APPROVE, CHAT)) == (Why.CLOSED, State.DECIDED)
    assert refusal(decided(store, Verdict.SKIP, CHAT)) == (Why.CLOSED, State.DECIDED)


def test_the_operator_hears_that_the_same_was_decided_before_by_whomever(store: Store) -> None:
    skipped_by_ann(store)
    found = decided(store, Verdict.SKIP, OPERATOR)
    assert isinstance(found, Decided)
    assert (found.is_new, found.ruling.by) == (False, "ann")
    assert told(store) == {}


def test_the_operator_changes_their_own_decision_while_it_could_be_decided(store: Store) -> None:
    decided(store, Verdict.SKIP, OPERATOR)
    found = decided(store, Verdict.APPROVE, OPERATOR, at=NOW + 2 * HOUR)
    assert isinstance(found, Decided)
    assert found.is_new
    assert told(store)["bob"].startswith("SAMPLE core: cli ")
    late = decided(store, Verdict.SKIP, OPERATOR, at=NOW + 49 * HOUR)
    assert refusal(late) == (Why.CLOSED, State.LAPSED)
    keep_and_offer(store, NEWER, at=NOW + 3 * HOUR)
    replaced = decided(store, Verdict.SKIP, OPERATOR, at=NOW + 4 * HOUR)
    assert refusal(replaced) == (Why.CLOSED, State.REPLACED)


def test_the_chat_books_what_was_approved_and_the_operator_what_was_traded(store: Store) -> None:
    found = book(store, PLAN, CHAT, people=PEOPLE, at=NOW, market=MARKET)
    assert refusal(found)[0] is Why.NOT_APPROVED
    assert told(store) == {}
    for is_new in (True, False):
        done = book(store, PLAN, OPERATOR, people=PEOPLE, at=NOW, market=MARKET)
        assert isinstance(done, Applied)
        assert done.is_new is is_new
    assert set(told(store)) == {"ann", "bob"}
    assert "cli booked the proposal" in told(store)["ann"]
    assert len(all_of(store)) == 2


def test_the_operator_books_no_skipped_plan_and_takes_back_their_own_skip_only(
    store: Store,
) -> None:
    decided(store, Verdict.SKIP, OPERATOR)
    with pytest.raises(DecisionError, match="was skipped") as caught:
        book(store, PLAN, OPERATOR, people=PEOPLE, at=NOW + HOUR, market=MARKET)
    assert caught.value.hint == f"`rebalancer approve {PLAN.plan_id}` takes that back"
    offer(store, PLAN, at=NOW + 2 * HOUR)
    skipped_by_ann(store)
    found = book(store, PLAN, OPERATOR, people=PEOPLE, at=NOW + 2 * HOUR, market=MARKET)
    assert refusal(found) == (Why.CLOSED, State.DECIDED)
    assert store.load_portfolio("core") == MINE


def test_a_proposal_that_was_put_off_is_open_again_for_whoever_put_it_off(store: Store) -> None:
    late = NOW + 30 * HOUR
    assert decided(store, Verdict.SNOOZE, OPERATOR, at=late, until=late + 24 * HOUR)
    after = late + 25 * HOUR  # more than two days after the offer
    done = decided(store, Verdict.APPROVE, OPERATOR, at=after)
    assert isinstance(done, Decided)
    assert done.is_new


def test_what_was_decided_before_a_new_offer_neither_permits_a_booking_nor_forbids_it(
    store: Store,
) -> None:
    decided(store, Verdict.APPROVE, CHAT)
    later = NOW + 100 * HOUR
    offer(store, PLAN, at=later)
    refused = book(store, PLAN, CHAT, people=PEOPLE, at=later, market=MARKET)
    assert refusal(refused) == (Why.NOT_APPROVED, State.OPEN)
    decided(store, Verdict.SKIP, OPERATOR, at=later)
    offer(store, PLAN, at=later + HOUR)
    done = book(store, PLAN, OPERATOR, people=PEOPLE, at=later + 2 * HOUR, market=MARKET)
    assert isinstance(done, Applied)
