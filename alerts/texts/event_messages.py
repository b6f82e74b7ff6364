"""Says in a message what happened: a flip, a rule, a proposal, a change of grades, bad data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alerts.messages import Block, Button, Kind, Message, Style
from alerts.texts.plan_figures import drift_text
from alerts.texts.plan_weights import aims_moved
from alerts.texts.trades_table import cash_blocks, trades_table
from alerts.triggers.flips import Advance, Flip
from alerts.triggers.user_rules import Fired
from portfolios.model.decisions import OPEN_HOURS
from portfolios.model.plan import (
    AIMED,
    FLAGGED,
    ORDER,
    WORSENED,
    Decision,
    Finding,
    Plan,
    Scope,
    Zone,
)
from portfolios.values import display

MOST_LINES = 12
_OPEN_FOR = "Open for"
NOT_ADVICE = "It proposes, you trade. Not advice."


def zone_message(
    portfolio: str,
    advance: Advance,
    *,
    as_of: datetime,
    names: Mapping[str, str],
    priced_at: datetime | None = None,
    is_sample: bool = False,
) -> Message | None:
    """Tell what worsened and what recovered in one evaluation; None when nothing did.

    Args:
        portfolio: its name.
        advance: of one evaluation.
        as_of: the market's moment.
        names: asset id -> symbol.
        priced_at: the moment of the prices, where that is another.
        is_sample: judged at made-up prices.
    """
    worse, better = advance.worsened, advance.recovered
    if not worse and not better:
        return None
    first = worse[0] if worse else better[0]
    kind = Kind.CLEARED
    if worse:
        kind = Kind.ZONE_RED if first.zone is Zone.RED else Kind.ZONE_AMBER
    more = f", and {len(worse) + len(better) - 1} more" if len(worse) + len(better) > 1 else ""
    blocks = [_listed(_flip_line(flip, names) for flip in worse)] if worse else []
    if better:
        blocks += [
            Block(Style.HEADING, "Cleared"),
            _listed(f"{_subject(flip, names)}: green again" for flip in better),
        ]
    return Message(
        kind=kind,
        key=f"zones:{portfolio}:{as_of.isoformat()}",
        headline=display.marked(
            f"{portfolio}: {_flip_head(first, names)}{more}", is_sample=is_sample
        ),
        as_of=as_of,
        portfolio=portfolio,
        zone=first.zone,
        blocks=(
            *blocks,
            *_flags(worse),
            Block(Style.NOTE, display.as_of(priced_at or as_of, as_of)),
        ),
    )


def rules_message(
    portfolio: str,
    fired: Sequence[Fired],
    *,
    as_of: datetime,
    priced_at: datetime | None = None,
    is_sample: bool = False,
) -> Message | None:
    """Tell which of the user's own rules became true; None when none did."""
    if not fired:
        return None
    first = fired[0]
    more = f", and {len(fired) - 1} more" if len(fired) > 1 else ""
    key = "|".join(f"{f.when}@{f.since.isoformat()}" for f in fired)
    return Message(
        kind=Kind.RULE,
        key=f"rule:{portfolio}:{key}",
        headline=display.marked(f"{portfolio}: {first.when} is true{more}", is_sample=is_sample),
        as_of=as_of,
        portfolio=portfolio,
        blocks=(
            _listed(f"{f.when}: it is {_plainly(f.value)} now" for f in fired),
            Block(
                Style.NOTE,
                f"{display.as_of(priced_at or as_of, as_of)}; told again once it has cleared",
            ),
        ),
    )


def proposal_message(plan: Plan, *, with_amounts: bool = True) -> Message:
    """Tell of a proposal with its trades, reasons and what it would change.

    Args:
        plan: that trades.
        with_amounts: money is told; otherwise percentages only.
    """
    count = display.counted(len(plan.trades), "trade")
    cost = display.money(plan.estimated_cost, plan.currency)
    cost_text = f", cost about {cost}" if with_amounts else ""
    drift = f"{plan.portfolio}: {drift_text(plan)}"
    zone = max((f.zone for f in plan.zones), key=list(Zone).index, default=Zone.GREEN)
    blocks = [
        Block(Style.TEXT, plan.reason),
        trades_table(plan, with_amounts=with_amounts),
        *cash_blocks(plan, with_amounts=with_amounts),
        *_effects(plan),
        *(Block(Style.NOTE, moved) for moved in aims_moved(plan)),
        *(Block(Style.NOTE, warning) for warning in _besides(plan)[:3]),
        Block(Style.NOTE, f"{plan.as_of_text}; plan {plan.plan_id}"),
        Block(Style.NOTE, f"{_OPEN_FOR} {OPEN_HOURS} hours; silence means skip. {NOT_ADVICE}"),
    ]
    return Message(
        kind=Kind.PROPOSAL,
        key=f"plan:{plan.plan_id}",
        headline=display.marked(f"{drift}. {count}{cost_text}", is_sample=plan.is_sample),
        as_of=plan.as_of,
        portfolio=plan.portfolio,
        zone=zone,
        blocks=tuple(blocks),
        buttons=_buttons(plan),
        subject=display.marked(f"{drift}, {count} proposed", is_sample=plan.is_sample),
    )


def told_later(message: Message, *, closes_at: datetime, is_open: bool) -> Message:
    """Return a proposal as it is told after it has waited: with its end, or as something past."""
    end = display.moment(closes_at)
    if is_open:
        return _with_end(message, f"Open until {end}; silence means skip. {NOT_ADVICE}")
    past = _with_end(message, f"It was open until {end} and lapsed while it waited to be sent.")
    return replace(past, headline=f"Lapsed: {message.headline}", subject="", buttons=())


def over_by_now(message: Message) -> Message:
    """Return what was red or amber as it is told once all of it is green again."""
    return replace(message, headline=f"Over by now: {message.headline}", zone=Zone.GREEN)


def _with_end(message: Message, text: str) -> Message:
    blocks = [b for b in message.blocks if not b.text.startswith(_OPEN_FOR)]
    return replace(message, blocks=(*blocks, Block(Style.NOTE, text)))


def withheld_message(plan: Plan) -> Message:
    """Tell that nothing could be proposed, and why."""
    return Message(
        kind=Kind.DATA,
        key=f"withheld:{plan.portfolio}:{plan.as_of.date().isoformat()}",
        headline=display.marked(
            f"{plan.portfolio}: nothing proposed, data not good enough", is_sample=plan.is_sample
        ),
        as_of=plan.as_of,
        portfolio=plan.portfolio,
        zone=Zone.GREY,
        blocks=(Block(Style.TEXT, plan.reason), Block(Style.NOTE, plan.as_of_text)),
    )


def changes_message(
    portfolio: str,
    kind: Kind,
    lines: Sequence[str],
    *,
    key: str,
    as_of: datetime,
    what: str,
    priced_at: datetime | None = None,
    is_sample: bool = False,
) -> Message | None:
    """Tell of several small changes of one kind in one message; None when there are none."""
    if not lines:
        return None
    head = lines[0] if len(lines) == 1 else f"{len(lines)} {what}"
    return Message(
        kind=kind,
        key=key,
        headline=display.marked(f"{portfolio}: {head}", is_sample=is_sample),
        as_of=as_of,
        portfolio=portfolio,
        blocks=(_listed(lines), Block(Style.NOTE, display.as_of(priced_at or as_of, as_of))),
    )


def digest_message(person: str, held: Sequence[Message], *, day: str, now: datetime) -> Message:
    """Put what was held back for somebody into one message."""
    lines = [f"{display.moment(message.as_of)}  {message.headline}" for message in held]
    count = display.counted(len(held), "thing")
    return Message(
        kind=Kind.DIGEST,
        key=f"digest:{person}:{day}",
        headline=f"Digest of {day}: {count} that could wait",
        as_of=now,
        blocks=(_listed(lines, most=40),),
    )


def trial_message(*, now: datetime) -> Message:
    """Say something harmless, to try a channel."""
    return Message(
        kind=Kind.TEST,
        key=f"test:{now.isoformat()}",
        headline="This is a test: messages reach you here",
        as_of=now,
        blocks=(Block(Style.NOTE, "Nothing happened, and there is nothing to do."),),
    )


def _flip_head(flip: Flip, names: Mapping[str, str]) -> str:
    if flip.zone is Zone.GREEN:
        return f"{_subject(flip, names)} is green again"
    still = "still " if flip.is_repeat else ""
    fact, _, _ = flip.texts[0].partition("; ")  # what else there is to say stands below
    return f"{_subject(flip, names)} {still}{flip.zone.value}: {fact}"


def _flip_line(flip: Flip, names: Mapping[str, str]) -> str:
    # What was red when the portfolio was added was never told: worse than before, not than told.
    before = "worse than before" if flip.was is flip.zone else f"was {flip.was.value}"
    was = "still" if flip.is_repeat else before
    return f"{_subject(flip, names)} {flip.zone.value} ({was}): {_said_once(flip.texts)}"


def _said_once(texts: Iterable[str]) -> str:
    """Join what several rules say, each fact once: two of them may speak of the same fall."""
    said: list[str] = []
    for fact in _facts(texts):
        if fact.startswith(FLAGGED):
            continue
        first, comma, last = fact.rpartition(", ")
        new = first if comma and last in said else fact
        if new not in said:
            said.append(new)
    return "; ".join(said)


def _facts(texts: Iterable[str]) -> Iterable[str]:
    return (fact for text in texts for fact in text.split("; "))


def _flags(flips: Iterable[Flip]) -> Iterable[Block]:
    """Say once for all lines what is flagged and not acted on."""
    flags = {
        fact.removeprefix(FLAGGED)
        for f in flips
        for fact in _facts(f.texts)
        if fact.startswith(FLAGGED)
    }
    return (Block(Style.NOTE, flag) for flag in sorted(flags))


def _subject(flip: Flip, names: Mapping[str, str]) -> str:
    if flip.scope is Scope.PORTFOLIO:
        return "the portfolio as a whole"
    return names.get(flip.subject, flip.subject) if flip.scope is Scope.ASSET else flip.subject


def _besides(plan: Plan) -> list[str]:
    """Return the warnings but for what `_effects` and `aims_moved` tell."""
    return [warning for warning in plan.warnings if not warning.startswith((WORSENED, AIMED))]


def _effects(plan: Plan) -> Iterable[Block]:
    names = {p.asset_id: p.symbol for p in plan.positions}
    lines = [
        f"{names.get(finding.subject, finding.subject)}: {_effect(finding, finding.after)}"
        for finding in plan.zones
        if finding.after is not None and finding.after is not finding.zone
    ]
    if lines:
        yield Block(Style.HEADING, "What it changes")
        yield _listed(lines)


def _effect(finding: Finding, after: Zone) -> str:
    worse = "worse: " if ORDER[after] > ORDER[finding.zone] else ""
    text = finding.after_text or finding.text
    return f"{finding.zone.value} now, {worse}{after.value} after ({text})"


def _buttons(plan: Plan) -> Sequence[Sequence[Button]]:
    if plan.decision is not Decision.TRADE:
        return ()
    looks = (("Why", "why"), ("Chart", "chart"))
    words = (("Approve", "ok"), ("Snooze", "later"), ("Skip", "skip"))
    return tuple(
        tuple(Button(label, f"{action}:{plan.plan_id}") for label, action in row)
        for row in (looks, words)
    )


def _listed(lines: Iterable[str], *, most: int = MOST_LINES) -> Block:
    every = list(lines)
    more = [f"and {len(every) - most} more"] if len(every) > most else []
    return Block(Style.BULLETS, items=(*every[:most], *more))


def _plainly(value: float) -> str:
    return f"{value:,.6g}"
