"""The rules for what becomes of a delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.delivery import (
    MOST_COPIES,
    Delivery,
    State,
    backoff,
    begun,
    compose,
    held,
    interrupted,
    refused,
)
from alerts.messages import Promise
from portfolios.errors import DeliveryError
from tests.alerts.delivery.delivery_examples import HOUR, NOW, SECOND, addressed, message

UNSURE = DeliveryError("the answer got lost", outcome_unknown=True)
SERVER_ERROR = DeliveryError("the server failed (502)")


def sending(promise: Promise = Promise.MUST, *, attempts: int = 0, copies: int = 0) -> Delivery:
    waiting = replace(addressed(promise=promise), number=1, attempts=attempts, copies=copies)
    return begun(held(waiting, "a", until=NOW + SECOND), now=NOW, until=NOW + SECOND)


def fail(delivery: Delivery, error: Exception, chance: float = 1.0) -> Delivery:
    return refused(delivery, error, now=NOW, random=lambda: chance)


@pytest.mark.parametrize(
    ("promise", "hours"), [(Promise.MUST, 6), (Promise.ONCE, 72), (Promise.LOW, 1)]
)
def test_a_promise_says_how_long_a_message_is_worth_sending(promise: Promise, hours: int) -> None:
    later = NOW + 8 * HOUR
    assert addressed(promise=promise).expires_at == NOW + hours * HOUR
    assert addressed(promise=promise, not_before=later).expires_at == later + hours * HOUR


def test_an_invitation_needs_an_end_of_its_own() -> None:
    with pytest.raises(ValueError, match="until when"):
        compose(
            message(), person="p", channel="telegram", address="1",
            promise=Promise.ACTION, now=NOW,
        )  # fmt: skip


def test_a_refusal_for_now_is_tried_again_after_longer_and_longer_waits() -> None:
    waits = []
    delivery = addressed()
    for _ in range(14):
        delivery = fail(sending(attempts=delivery.attempts), SERVER_ERROR)
        assert (delivery.state, delivery.copies) == (State.RETRY, 0)
        waits.append((delivery.not_before - NOW).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800, 1800]


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_a_backoff_is_jittered_over_its_whole_length_and_capped(
    attempts: int, chance: float
) -> None:
    longest = min(1800.0, 2.0 ** min(attempts - 1, 20))
    assert backoff(attempts, lambda: chance) == chance * longest


def test_a_request_to_wait_is_no_attempt() -> None:
    after = fail(sending(attempts=7), DeliveryError("too many", retry_after=17))
    assert (after.state, after.attempts, after.copies) == (State.RETRY, 7, 0)
    assert after.not_before == NOW + 17 * SECOND


@pytest.mark.parametrize(
    ("asked", "granted"), [(-5.0, 1.0), (0.0, 1.0), (1e300, 86_400.0), (float("inf"), 86_400.0)]
)
def test_an_absurd_request_to_wait_is_bounded(asked: float, granted: float) -> None:
    after = fail(sending(), DeliveryError("too many", retry_after=asked))
    assert after.not_before == NOW + timedelta(seconds=granted)


def test_a_wait_that_is_no_number_is_a_failed_attempt() -> None:
    after = fail(sending(), DeliveryError("too many", retry_after=float("nan")))
    assert (after.attempts, after.not_before) == (1, NOW + SECOND)


@pytest.mark.parametrize(
    ("promise", "states"),
    [
        (Promise.MUST, [State.RETRY, State.UNKNOWN]),
        (Promise.ONCE, [State.RETRY, State.UNKNOWN]),
        (Promise.ACTION, [State.RETRY] * 7 + [State.UNKNOWN]),
        (Promise.LOW, [State.UNKNOWN]),
    ],
)
@pytest.mark.parametrize("error", [UNSURE, KeyError("ok")])
def test_the_promise_decides_whether_an_unknown_outcome_is_repeated(
    promise: Promise, states: list[State], error: Exception
) -> None:
    found = []
    delivery = addressed(promise=promise)
    for _ in states:
        started = sending(promise, attempts=delivery.attempts, copies=delivery.copies)
        assert started.may_repeat == bool(found)
        delivery = fail(started, error)
        found.append(delivery.state)
    assert found == states


def test_an_unexpected_failure_is_known_by_its_type_alone() -> None:
    after = fail(sending(), RuntimeError("https://api/bot123:SECRET/sendMessage"))
    assert after.reason == "unexpected RuntimeError"
    assert "SECRET" not in repr(after)


def test_a_sender_that_died_before_it_began_leaves_no_trace() -> None:
    waiting = replace(addressed(), number=1)
    assert interrupted(held(waiting, "a", until=NOW), now=NOW) == waiting


def test_a_sender_that_died_after_it_began_may_have_sent() -> None:
    after = interrupted(sending(), now=NOW)
    assert (after.state, after.copies, after.may_repeat) == (State.RETRY, 1, True)


def test_refused_credentials_burn_no_attempt_of_a_message() -> None:
    after = fail(sending(attempts=3), DeliveryError("token refused", channel_down=True))
    assert (after.state, after.attempts, after.copies) == (State.RETRY, 3, 0)


def test_an_address_that_is_gone_ends_the_message_at_once() -> None:
    error = DeliveryError("blocked", permanent=True, address_gone=True)
    assert fail(sending(), error).state is State.SUPPRESSED


def test_what_can_never_succeed_is_tried_once() -> None:
    after = fail(sending(), DeliveryError("not understood", permanent=True))
    assert (after.state, after.attempts) == (State.DEAD, 1)


def test_a_reason_is_short_and_never_empty() -> None:
    assert fail(sending(), DeliveryError("")).reason == "refused without a reason"
    assert len(fail(sending(), DeliveryError("x" * 5000)).reason) == 300


ERRORS = st.builds(
    DeliveryError,
    st.just("no"),
    permanent=st.booleans(),
    retry_after=st.none() | st.floats(),
    outcome_unknown=st.booleans(),
    address_gone=st.booleans(),
    moved_to=st.sampled_from(["", "77"]),
    channel_down=st.booleans(),
) | st.sampled_from([KeyError("x"), ValueError("y")])


@given(
    promise=st.sampled_from(Promise), errors=st.lists(ERRORS | st.none(), min_size=1, max_size=12)
)
def test_no_row_of_failures_breaks_a_promise(
    promise: Promise, errors: list[Exception | None]
) -> None:
    """None stands for a sender that dies in the middle."""
    delivery = replace(addressed(promise=promise), number=1)
    for error in errors:
        started = begun(held(delivery, "a", until=NOW + SECOND), now=NOW, until=NOW + SECOND)
        delivery = fail(started, error) if error else interrupted(started, now=NOW)
        assert 0 <= delivery.copies <= MOST_COPIES[promise]
        assert 0 <= delivery.attempts <= len(errors)
        assert delivery.lease_until is None
        assert delivery.begun_at is None
        assert delivery.state.is_alive == (delivery.ended_at is None)
        is_permanent = getattr(error, "permanent", False) or getattr(error, "address_gone", False)
        if not delivery.state.is_alive:
            assert is_permanent or delivery.state is State.UNKNOWN
            assert delivery.reason
            break
        assert delivery.not_before >= NOW
