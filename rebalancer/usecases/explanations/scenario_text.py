"""Reads a scenario as a person writes it: `sector.meme.max=5% cash=1000 grade.solana=80`.

Values are read by the readers of portfolio files, so that what is refused there is refused here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from portfolios.errors import Problem, UsageError
from portfolios.loaders.asset_names import Naming
from portfolios.loaders.number_parsing import (
    in_percent,
    parse_flow,
    parse_fraction,
    parse_number,
    parse_positive,
    total,
)
from portfolios.loaders.policies import Known, read_policy
from portfolios.loaders.suggestions import printable, shown, unknown
from portfolios.loaders.table import Table
from portfolios.loaders.value_parsing import one_of
from portfolios.model.assets import CASH
from portfolios.model.policy import Policy, Profile, Range
from portfolios.model.portfolio import Lock, LockKind
from portfolios.values import display
from rebalancer.usecases.explanations.scenario import Scenario

DEFAULT, NONE = "default", "none"
BEST_GRADE, MOST_EXAMPLES = 100, 9
_POLICY: Mapping[str, str] = MappingProxyType(
    {
        "mode": "mode",
        "signals": "signals",
        "freed": "freed",
        "turnover": "turnover",
        "min_trade": "min_trade",
        "fee": "fee",
        "cash_buffer": "cash_buffer",
        "max_volatility": "max_volatility",
        "bands": "band",
    }
)
"""Key of a policy table -> field of a policy."""
_TRENDS: Mapping[str, int] = MappingProxyType(
    {word: trend for trend, word in display.TREND_WORDS.items()}
    | {str(trend): trend for trend in display.TREND_WORDS}
)
_ENDS = ("min", "max")

Reader = Callable[[Scenario, str, str], Scenario]
"""Takes a world, what stands behind the first dot of the key or else the key, and the value."""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of key: an example of how it is written, and what reads it."""

    example: str
    read: Reader

    @property
    def names_something(self) -> bool:
        """Tell whether the key speaks of one asset or sector."""
        return "." in self.example.partition("=")[0]


def apply_scenario(scenario: Scenario, words: Sequence[str]) -> Scenario:
    """Return the world as it would be.

    Args:
        scenario: as it is.
        words: each a key and its value.

    Raises:
        UsageError: that names every word that means nothing, and why.
    """
    if not words:
        raise UsageError("say what to suppose", hint=_hint(scenario))
    changed, problems = scenario, []
    for word in sorted(words, key=_rank):
        try:
            changed = _read(changed, word, words)
        except ValueError as error:
            problems.append(f"{printable(word)}: {error}")
    if _wanted(changed) != _wanted(scenario) and (share := total(_wanted(changed).values())) > 1:
        problems.append(f"the targets add up to {in_percent(share)}; lower another one as well")
    if problems:
        raise UsageError("; ".join(problems), hint=_hint(scenario))
    return changed


def _rank(word: str) -> int:
    """Read targets first: what is wanted may be locked, priced and graded as well."""
    return 0 if word.lower().startswith("target.") else 1


def _read(scenario: Scenario, word: str, words: Sequence[str]) -> Scenario:
    key, equals, value = word.partition("=")
    head, _, rest = key.partition(".")
    form = FORMS.get(head.lower())
    if not equals or not value:
        raise ValueError("write a key and its value")
    if form is None:
        raise ValueError(unknown("key", head, FORMS))
    if form.names_something is not bool(rest):
        raise ValueError(f"write it as {form.example}")
    same = _same_key(scenario, key)
    if sum(_same_key(scenario, other.partition("=")[0]) == same for other in words) > 1:
        raise ValueError("said more than once")
    return form.read(scenario, rest or head.lower(), value)


def _same_key(scenario: Scenario, key: str) -> str:
    """Return a key as every other spelling of it is: its asset under its id."""
    head, _, rest = key.partition(".")
    name, dot, end = rest.rpartition(".") if head.lower() == "asset" else (rest, "", "")
    if not name or head.lower() == "sector":
        return key.lower()
    try:
        return f"{head.lower()}.{_known(scenario).asset(name)}{dot}{end}".lower()
    except ValueError:
        return key.lower()


def _known(scenario: Scenario) -> Known:
    index = scenario.market.index()
    naming = Naming(index, {}, currency=scenario.portfolio.currency, takes_map=False)
    naming.unknown.update(scenario.portfolio.unknown)
    return Known(naming, scenario.portfolio.holdings)


def _own(scenario: Scenario, name: str) -> str:
    """Return the id of an asset that the portfolio is about."""
    asset_id = _known(scenario).asset(name)
    if not scenario.concerns(asset_id):
        raise ValueError(f"{asset_id} is neither held nor wanted, so it would change nothing")
    return asset_id


def _stated(scenario: Scenario, table: Mapping[str, object]) -> Policy:
    """Read the policy table of a file that says just this."""
    problems: list[Problem] = []
    policy = read_policy(Table(table, (), lambda _: None, problems), None, _known(scenario))
    if problems:
        key = problems[0].key.rpartition(".")[2]
        raise ValueError(problems[0].text.removeprefix(f"{key} "))
    return policy


def _flow(scenario: Scenario, _: str, value: str) -> Scenario:
    return replace(scenario, flow=parse_flow(value))


def _profile(scenario: Scenario, _: str, value: str) -> Scenario:
    profile = Policy().profile if value == DEFAULT else one_of(Profile)(value)
    return scenario.with_policy(profile=profile)


def _wish(scenario: Scenario, key: str, value: str) -> Scenario:
    """Read one line of a policy; `default` leaves it to the profile."""
    policy = Policy() if value == DEFAULT else _stated(scenario, {key: value})
    return scenario.with_policy(**{_POLICY[key]: getattr(policy, _POLICY[key])})


def _limit(kind: str) -> Reader:
    """Return what reads a limit of a sector or an asset; `default` takes back a stated one."""

    def read(scenario: Scenario, name: str, value: str) -> Scenario:
        of, _, end = name.rpartition(".")
        if not of or end not in _ENDS:
            raise ValueError(f"write it as {FORMS[kind.removesuffix('s')].example}")
        bound = None if value == DEFAULT else value
        stated_as = getattr(_stated(scenario, {kind: {of: {end: bound or "0%"}}}), kind)
        ((of, stated),) = stated_as.items()
        limits = getattr(scenario.portfolio.policy, kind)
        new = replace(limits.get(of, Range()), **{end: getattr(stated, end) if bound else None})
        return scenario.with_policy(**{kind: {**limits, of: new}})

    return read


def _target(scenario: Scenario, name: str, value: str) -> Scenario:
    """Read one target; where there are none, one of the recorded weights."""
    share = {_known(scenario).asset(name): parse_fraction(value)}
    own = scenario.portfolio
    if own.targets is not None:
        return replace(scenario, portfolio=replace(own, targets={**own.targets, **share}))
    if own.recorded is None:
        raise ValueError("the portfolio has neither targets nor recorded weights yet")
    return replace(scenario, portfolio=replace(own, recorded={**own.recorded, **share}))


def _wanted(scenario: Scenario) -> Mapping[str, Decimal]:
    own = scenario.portfolio
    return (own.targets if own.targets is not None else own.recorded) or {}


def _lock(scenario: Scenario, name: str, value: str) -> Scenario:
    asset_id = _own(scenario, name)
    if value != NONE:
        return scenario.with_locks(asset_id, Lock(one_of(LockKind)(value)))
    held = scenario.portfolio.holding(asset_id)
    if held is None or not held.locks:
        raise ValueError(f"{asset_id} has no lock of yours to lift")
    return scenario.with_locks(asset_id)


def _price(scenario: Scenario, name: str, value: str) -> Scenario:
    return scenario.with_price(_own(scenario, name), parse_positive(value))


def _grade(term: str) -> Reader:
    def read(scenario: Scenario, name: str, value: str) -> Scenario:
        grade = parse_number(value)
        if not 0 <= grade <= BEST_GRADE:
            raise ValueError(f"{shown(value)} is no grade: they go from 0 to {BEST_GRADE}")
        return scenario.with_grade(_own(scenario, name), **{term: float(grade)})

    return read


def _trend(scenario: Scenario, name: str, value: str) -> Scenario:
    if value not in _TRENDS:
        raise ValueError(unknown("trend", value, list(_TRENDS)[:3]))
    return scenario.with_grade(_own(scenario, name), trend=_TRENDS[value])


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "cash": Form("cash=1000", _flow),
        "sector": Form("sector.meme.max=5%", _limit("sectors")),
        "asset": Form("asset.bitcoin.max=50%", _limit("assets")),
        "target": Form("target.bitcoin=40%", _target),
        "lock": Form("lock.ethereum=frozen", _lock),
        "grade": Form("grade.solana=80", _grade("short")),
        "long_grade": Form("long_grade.solana=80", _grade("long")),
        "trend": Form("trend.solana=bearish", _trend),
        "price": Form("price.solana=120", _price),
        "profile": Form("profile=bold", _profile),
        **{key: Form(f"{key}={DEFAULT}", _wish) for key in _POLICY},
    }
)


def _hint(scenario: Scenario) -> str:
    """Give examples that can be typed as they stand for this portfolio."""
    return f"e.g. {', '.join(_examples(scenario))}, mode=cash_flow"


def _examples(scenario: Scenario) -> Iterator[str]:
    wanted = {name: share for name, share in _wanted(scenario).items() if name != CASH}
    own = sorted({*wanted, *(h.asset_id for h in scenario.portfolio.holdings)} - {CASH})
    for form in list(FORMS.values())[:MOST_EXAMPLES]:
        head, _, rest = form.example.partition("=")[0].partition(".")
        if not rest or head == "sector":
            yield form.example
        elif head == "target":
            if wanted:
                most = max(wanted, key=lambda name: (wanted[name], name))
                yield f"target.{most}={display.limit(wanted[most] / 2)}"
        elif own:
            name = rest.partition(".")[0]
            yield form.example.replace(name, name if name in own else own[0], 1)
