"""The full form of a portfolio: a TOML file with policy, targets, alerts and holdings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from portfolios.errors import Problem
from portfolios.loaders.entries import FULL, Entry, read_entry
from portfolios.loaders.import_session import MOST_HOLDINGS, USUAL_CURRENCY, ImportSession, refusal
from portfolios.loaders.line_positions import Overgrown, line_finder, toml_lines
from portfolios.loaders.merge_entries import gather
from portfolios.loaders.number_parsing import decimal_or_nan
from portfolios.loaders.policies import (
    INVESTOR_KEYS,
    POLICY_KEYS,
    Known,
    read_alerts,
    read_investor,
    read_policy,
    read_targets,
)
from portfolios.loaders.suggestions import shown
from portfolios.loaders.table import Table
from portfolios.loaders.value_parsing import one_of, parse_currency, parse_flag, parse_text
from portfolios.model.policy import Profile
from portfolios.model.portfolio import Portfolio

KEYS = (
    "name",
    "currency",
    "profile",
    "allow_unknown",
    "investor",
    "policy",
    "targets",
    "targets_from",
    "alerts",
    "holdings",
)
_ELSEWHERE = {
    **dict.fromkeys(POLICY_KEYS, "[policy]"),
    **dict.fromkeys(INVESTOR_KEYS, "[investor]"),
    **dict.fromkeys((*FULL, "cash"), "[[holdings]]"),
}
_STATEMENT = re.compile(
    r"""^[ \t]*(\[\[?[ \t]*[A-Za-z_][^\]\n]*\]|['"\w][\w.'"\- \t]*=)""", re.MULTILINE
)


def recognises(text: str) -> bool:
    """Tell whether a text looks like TOML: a line with a header, or `key =`."""
    return _STATEMENT.search(text) is not None


def read(text: str, session: ImportSession) -> Portfolio:
    """Read the full form; problems are noted in the session.

    Raises:
        InputError: when the text is not TOML.
    """
    root = _root(text, session)
    root.only(KEYS, _ELSEWHERE)
    currency = root.take("currency", parse_currency) or USUAL_CURRENCY
    session.naming.currency = currency
    session.naming.allow_unknown |= bool(root.take("allow_unknown", parse_flag))
    holdings, cash = gather(_entries(root, session), session)
    known = Known(session.naming, holdings)
    profile = root.take("profile", one_of(Profile))
    return Portfolio(
        name=root.take("name", parse_text) or session.name,
        currency=currency,
        cash=cash,
        holdings=holdings,
        policy=read_policy(root.table("policy"), profile, known),
        targets=read_targets(root.table("targets"), known),
        targets_from=_targets_from(root),
        investor=read_investor(root.table("investor")),
        alerts=read_alerts(root, known, session),
        unknown=tuple(sorted(session.naming.unknown)),
    )


def _root(text: str, session: ImportSession) -> Table:
    try:
        lines = toml_lines(text)
        values = tomllib.loads(text, parse_float=decimal_or_nan)
    except Overgrown as error:
        raise refusal(session.source, [Problem(str(error), line=error.line)]) from error
    except (ValueError, RecursionError) as error:
        problem = _syntax(error, text)
        raise refusal(session.source, [problem], hint="mend this line first") from error
    return Table(values, (), line_finder(lines), session.problems)


def _syntax(error: Exception, text: str) -> Problem:
    """Turn the parser's message, `... (at line 3, column 1)`, into a problem of that line."""
    message = str(error)
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message)
    if match is None:
        return Problem("not TOML: a number or list is beyond what can be read")
    line = int(match[2]) if match[2] else text.count("\n") + 1
    return Problem(f"not TOML: {match[1][:1].lower()}{match[1][1:]}", line=line)


def _entries(root: Table, session: ImportSession) -> Iterator[Entry]:
    held = root.values.get("holdings")
    if isinstance(held, list) and len(held) > MOST_HOLDINGS:
        root.problem(f"more than {MOST_HOLDINGS:,} holdings", "holdings")
        return
    for table in root.tables("holdings"):
        entry = read_entry(table, FULL, session)
        if entry is not None:
            yield entry


def _targets_from(root: Table) -> str:
    if "targets_from" in root and "targets" in root:
        root.problem("targets and targets_from exclude each other", "targets_from")
    return root.take("targets_from", _index_name) or ""


def _index_name(value: object) -> str:
    name = parse_text(value)
    if not re.fullmatch(r"tokenmetrics:[A-Za-z0-9_-]{1,60}", name):
        raise ValueError(f'{shown(value)} is unknown; write "tokenmetrics:" and the index id')
    return name
