"""Asks the live providers a dozen questions that their documents leave open, a credit or two each.

Only the shape of an answer is reported, never its content, so a report can be shown to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from portfolios.errors import ProviderError, QuotaSpentError
from portfolios.providers.http.client import Client
from portfolios.providers.http.decoding import parse
from portfolios.providers.http.error_bodies import reason_in
from portfolios.providers.http.fields import amount, moment, text
from portfolios.providers.http.transport import Params, Reply
from portfolios.providers.tokenmetrics.rows import Row, normalised
from portfolios.values.display import counted

BITCOIN = "3375"
ANCHORS = ("3375", "3306", "3369", "3988", "3393", "3380", "4041", "4360", "25383", "25467")
"""Tokens that the provider of grades has carried for years."""
NOBODY = "999999999"
RATE_HEADERS = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


@dataclass(frozen=True, slots=True)
class Found:
    """What one question brought to light."""

    question: str
    answer: str
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Ground:
    """What the questions are asked with.

    Attributes:
        grades: version -> client; empty without a key.
        prices: the provider of prices.
        listed: ids of all coins that the provider of prices knows; may be empty.
        token_ids: to ask for many at once; the anchors where none are known.
        now: the moment.
    """

    grades: Mapping[str, Client]
    prices: Client
    listed: frozenset[str]
    token_ids: Sequence[str]
    now: datetime


def probe(ground: Ground) -> tuple[Found, ...]:
    """Ask every question; one that cannot be asked says why, and the others go on."""
    if not ground.grades:
        unasked = Found("Token Metrics", "no key is set, so nothing was asked", ok=False)
        return (unasked, *_asked(_prices, ground))
    theirs = [found for question in GRADE_QUESTIONS for found in _asked(question, ground)]
    return (*theirs, *_asked(_prices, ground))


def _asked(question: Callable[[Ground], Iterable[Found]], ground: Ground) -> list[Found]:
    try:
        return list(question(ground))
    except QuotaSpentError:
        raise
    except ProviderError as error:
        return [Found((question.__doc__ or "").rstrip("."), str(error), ok=False)]


def _auth(ground: Ground) -> Iterable[Found]:
    """Is the key accepted."""
    for version, client in ground.grades.items():
        reply = client.look("tokens", {"token_id": BITCOIN, "limit": 1})
        rows = _rows(reply)
        keys = ", ".join(sorted(rows[0])[:6]) if rows else "none"
        answer = f"{_status(reply)}; envelope {_envelope(reply)}; keys {keys}"
        yield Found(f"key accepted by {version}", answer, ok=reply.status == 200)


def _many_at_once(ground: Ground) -> Iterable[Found]:
    """How many tokens does one call of signals serve."""
    day = (ground.now - timedelta(days=1)).date().isoformat()
    ids = list(ground.token_ids[:100])
    asked: Params = {"token_id": ",".join(ids), "startDate": day, "endDate": day, "limit": 100}
    reply = _v2(ground).look("trading-signals", asked)
    rows = [normalised(row) for row in _rows(reply)]
    yield Found(
        "tokens in one call",
        f"{_status(reply)}; {counted(len(rows), 'row')} for {counted(len(ids), 'token')}",
    )
    slugs = [text(row.get("slug")) for row in rows]
    known = sum(slug in ground.listed for slug in slugs)
    if ground.listed:
        yield Found("names that are CoinGecko ids", f"{known} of {len(slugs)}")
    newest = max((m for row in rows if (m := moment(row.get("date")))), default=None)
    age = "no rows" if newest is None else f"{(ground.now - newest).total_seconds() / 3600:.0f} h"
    yield Found("age of the newest row", age, ok=newest is not None)


def _too_much(ground: Ground) -> Iterable[Found]:
    """What does a wrong question look like."""
    reply = _v2(ground).look("tokens", {"limit": 101})
    headers = [name for name in RATE_HEADERS if name in reply.headers]
    said = "with a reason" if reason_in(reply.body) else "without a reason"
    answer = f"{_status(reply)}, {said}; headers of limits: {', '.join(headers) or 'none'}"
    yield Found("a page that is too long", answer)


def _nothing(ground: Ground) -> Iterable[Found]:
    """What does an empty answer look like."""
    reply = _v2(ground).look("tokens", {"token_id": NOBODY})
    yield Found(
        "a token that is not there", f"{_status(reply)}; {counted(len(_rows(reply)), 'row')}"
    )


def _kinds(ground: Ground) -> Iterable[Found]:
    """Are grades numbers or text."""
    reply = _v2(ground).look("tm-grade", {"token_id": BITCOIN})
    for row in _rows(reply)[:1]:
        grade = normalised(row).get("tm_grade")
        yield Found("kind of a grade", type(grade).__name__)
        return
    yield Found("kind of a grade", f"{_status(reply)}; no row", ok=False)


def _older_grades(ground: Ground) -> Iterable[Found]:
    """Are the older grades still served."""
    for path in ("trader-grades", "investor-grades"):
        reply = _v2(ground).look(path, {"token_id": BITCOIN, "limit": 1})
        yield Found(f"{path} served", f"{_status(reply)}; {counted(len(_rows(reply)), 'row')}")


def _cost_of_failure(_: Ground) -> Iterable[Found]:
    """Does a failed call cost a credit."""
    answer = "only the provider's dashboard tells: compare its count with `rebalancer credits`"
    yield Found("does a failed call cost a credit", answer)


def _weights(ground: Ground) -> Iterable[Found]:
    """Are index weights percentages."""
    rows = _rows(_v2(ground).look("indices", {"limit": 1}))
    for row in rows[:1]:
        asked: Params = {"id": str(normalised(row).get("id"))}
        parts = _rows(_v2(ground).look("indices-holdings", asked))
        total = sum(amount(normalised(part).get("weight")) or 0 for part in parts)
        yield Found(
            "sum of the weights of an index", f"{total:.4g} in {counted(len(parts), 'row')}"
        )
        return
    yield Found("sum of the weights of an index", "no index is served", ok=False)


def _prices(ground: Ground) -> Iterable[Found]:
    """Does CoinGecko answer."""
    ping = ground.prices.look("ping", {})
    yield Found("CoinGecko answers", _status(ping), ok=ping.status == 200)
    key = ground.prices.look("key", {})
    limits = _object(key)
    names = ("plan", "rate_limit_request_per_minute", "monthly_call_credit")
    told = ", ".join(f"{name} {limits[name]}" for name in names if name in limits)
    yield Found("CoinGecko's plan", f"{_status(key)}; {told or 'it tells nothing'}")


GRADE_QUESTIONS: tuple[Callable[[Ground], Iterable[Found]], ...] = (
    _auth,
    _many_at_once,
    _too_much,
    _nothing,
    _kinds,
    _older_grades,
    _cost_of_failure,
    _weights,
)


def _v2(ground: Ground) -> Client:
    return ground.grades["v2"]


def _status(reply: Reply) -> str:
    return f"status {reply.status}"


def _envelope(reply: Reply) -> str:
    return ", ".join(sorted(_object(reply))[:6]) or "none"


def _object(reply: Reply) -> Mapping[str, object]:
    try:
        value = parse(reply.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _rows(reply: Reply) -> list[Row]:
    rows = _object(reply).get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
