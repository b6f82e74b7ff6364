"""What must be true after simulated weeks, whatever went wrong in them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.delivery.delivery import Delivery, State
from alerts.delivery.outbox import Outbox
from alerts.messages import Kind
from portfolios.model.decisions import Ruling, Verdict
from portfolios.store.portfolio_store import Store
from portfolios.values.canonical import read_utc, utc_text
from portfolios.values.schedule import weekly
from tests.rebalancer.soak.environment import PEOPLE, World

ALL = 1_000_000
FINAL = (Verdict.SKIP, Verdict.APPROVE)
CAUGHT_UP = timedelta(hours=47)
"""A report is worth catching up for so long."""


def judge(world: World) -> dict[str, int]:
    """Assert it all; return figures."""
    with world.store() as store:
        deliveries = Outbox(store.database).find(limit=ALL)
        figures = Counter({f"state_{d.state.value}": 0 for d in deliveries})
        figures.update(f"state_{d.state.value}" for d in deliveries)
        _nothing_waits(deliveries)
        figures["reports"] = _every_report_once(world, deliveries)
        figures["digests"] = _every_digest_once(world, store, deliveries)
        figures["again"] = _every_snooze_comes_back(world, store, deliveries)
        figures["decisions"] = _nothing_decided_twice(store)
        (verdict,) = store.database.rows("PRAGMA integrity_check")
        assert verdict["integrity_check"] == "ok"
        assert store.database.rows("PRAGMA foreign_key_check") == []
    figures["telegrams"], figures["mails"] = len(world.bot.sent), len(world.post.inbox.mails)
    figures["flagged"] = _no_copy_without_a_word(world)
    return dict(figures | world.found)


def _nothing_waits(deliveries: tuple[Delivery, ...]) -> None:
    waiting = [
        f"{d.dedupe_key}: {d.state.value}, {d.reason}" for d in deliveries if d.state.is_alive
    ]
    assert waiting == []


def _every_report_once(world: World, deliveries: tuple[Delivery, ...]) -> int:
    """Each person has each week of each portfolio once, and it was taken by the mail server."""
    got = Counter(
        (d.person, d.message.key) for d in deliveries if d.message.kind is Kind.WEEKLY
    )  # fmt: skip
    assert set(got.values()) <= {1}
    wanted = set()
    for person in PEOPLE:
        if not person.address("email"):
            continue
        dues = {weekly(moment, person.timezone) for moment in world.moments}
        weeks = {d.period for d in dues if world.begin <= d.at <= world.moments[-1]}
        seen = [name for name in ("core", "meme") if person.may_see(name)]
        wanted |= {(person.name, f"weekly:{name}:{week}") for week in weeks for name in seen}
    # One that was due shortly before the beginning is caught up.
    assert wanted <= set(got)
    assert {d.state for d in deliveries if d.message.kind is Kind.WEEKLY} <= {
        State.SENT, State.UNKNOWN,
    }  # fmt: skip
    return len(got)


def _every_digest_once(world: World, store: Store, deliveries: tuple[Delivery, ...]) -> int:
    """What was seen to wait for a digest stands in exactly one of that person and channel."""
    digests = [d for d in deliveries if d.message.kind is Kind.DIGEST]
    days = Counter((d.person, d.channel, d.message.key) for d in digests)
    assert set(days.values()) <= {1}
    left = {(r["person"], r["channel"], r["key"]) for r in store.database.rows(_LEFT)}
    lines = Counter(
        (d.person, d.channel, line) for d in digests for block in d.message.blocks
        for line in block.items
    )  # fmt: skip
    assert max(lines.values(), default=1) == 1
    for (person, channel, key), headline in world.held.items():
        told = sum(
            count for (who, where, line), count in lines.items()
            if (who, where) == (person, channel) and line.endswith(headline)
        )  # fmt: skip
        assert told >= 1 or (person, channel, key) in left, (person, channel, headline)
    return len(digests)


_LEFT = "SELECT person, channel, key FROM held_back"
_SNOOZES = "SELECT * FROM decisions WHERE verdict = 'snooze' ORDER BY number"
_OFFERS = "SELECT * FROM offers ORDER BY number"


def _every_snooze_comes_back(
    world: World, store: Store, deliveries: tuple[Delivery, ...]
) -> int:  # fmt: skip
    """A proposal that is open when its snooze ends is told again, once, at the next round."""
    told = {d.message.key for d in deliveries if ":again:" in d.message.key}
    for row in store.database.rows(_SNOOZES):
        until = read_utc(row["until"])
        after = [moment for moment in world.moments if moment >= until]
        if not after or after[0] - until > timedelta(hours=40):
            continue
        key = f"plan:{row['plan_id']}:again:{utc_text(until)}"
        if _was_touched(store, row["plan_id"], read_utc(row["decided_at"]), after[0]):
            continue
        assert key in told, key
    return len(told)


def _was_touched(store: Store, plan_id: str, since: datetime, until: datetime) -> bool:
    """Tell whether something else happened to a plan before the round that would tell it again."""
    plan = store.load_plan(plan_id)
    decided = [r for r in store.decisions(plan_id) if since < r.at <= until]
    offers = [row for row in store.database.rows(_OFFERS) if row["portfolio"] == plan.portfolio]
    return bool(decided) or any(since < read_utc(row["at"]) <= until for row in offers)


def _nothing_decided_twice(store: Store) -> int:
    """Each offer of a plan has one last word, and nothing after it but the booking."""
    count = 0
    offers = Counter(row["plan_id"] for row in store.database.rows(_OFFERS))
    for plan in store.plans():
        rulings = store.decisions(plan.plan_id)
        count += len(rulings)
        final = [ruling for ruling in rulings if ruling.verdict in FINAL]
        assert len(final) <= offers[plan.plan_id], rulings
        assert sum(r.verdict is Verdict.APPLY for r in rulings) <= 1
        assert not _repeated(rulings), rulings
    return count


def _repeated(rulings: tuple[Ruling, ...]) -> bool:
    pairs = pairwise(rulings)
    return any((a.verdict, a.at) == (b.verdict, b.at) for a, b in pairs)


def _no_copy_without_a_word(world: World) -> int:
    """A text that came twice says so from the second time on."""
    texts = Counter((sent.chat, sent.text) for sent in world.bot.sent if sent.text)
    copies = {key: n for key, n in texts.items() if n > 1 and "(may repeat" not in key[1]}
    assert copies == {}
    return sum("(may repeat" in sent.text for sent in world.bot.sent)
