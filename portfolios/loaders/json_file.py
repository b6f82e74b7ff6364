"""Holdings as JSON: a list of objects, or an object with name, currency, cash and holdings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from portfolios.errors import Problem
from portfolios.loaders.entries import EITHER, Entry, read_entry
from portfolios.loaders.import_session import MOST_HOLDINGS, USUAL_CURRENCY, ImportSession, refusal
from portfolios.loaders.line_positions import (
    MOST_TOKENS,
    Overgrown,
    dotted,
    json_lines,
    line_finder,
)
from portfolios.loaders.merge_entries import gather
from portfolios.loaders.number_parsing import decimal_or_nan, parse_money
from portfolios.loaders.suggestions import printable
from portfolios.loaders.table import Table
from portfolios.loaders.value_parsing import parse_currency, parse_flag, parse_text
from portfolios.model.assets import CASH
from portfolios.model.portfolio import Holding, Portfolio

KEYS = ("name", "currency", "cash", "allow_unknown", "holdings")
_LIST = "holdings"
"""A bare list is read as if it stood under this key."""


def recognises(text: str) -> bool:
    """Tell whether a text looks like JSON: an object, or a list of them."""
    return re.match(r"\s*(\{|\[[\s\[]*(\{|\]|$|[-\d]))", text) is not None


def read(text: str, session: ImportSession) -> Portfolio:
    """Read holdings; problems are noted in the session.

    Raises:
        InputError: when the text is not JSON.
    """
    root = _root(text, session)
    root.only(KEYS)
    currency = root.take("currency", parse_currency) or USUAL_CURRENCY
    session.naming.currency = currency
    session.naming.allow_unknown |= bool(root.take("allow_unknown", parse_flag))
    if not root.values.get(_LIST) and "cash" not in root:
        root.problem("the file names no holdings", _LIST)
    holdings, cash = gather(_entries(root, session), session)
    return Portfolio(
        name=root.take("name", parse_text) or session.name,
        currency=currency,
        cash=cash,
        holdings=holdings,
        unknown=tuple(sorted(session.naming.unknown)),
    )


def _root(text: str, session: ImportSession) -> Table:
    try:
        values = _parsed(text)
        lines, twice = json_lines(text)
    except Overgrown as error:
        raise refusal(session.source, [Problem(str(error), line=error.line)]) from error
    except RecursionError as error:
        raise refusal(
            session.source, [Problem("lists or objects are nested too deeply")]
        ) from error
    except ValueError as error:
        problem = Problem(f"not JSON: {_sentence(error)}", line=getattr(error, "lineno", None))
        raise refusal(session.source, [problem], hint="mend this line first") from error
    base = (_LIST,) if isinstance(values, list) else ()
    find = line_finder({(*base, *path): line for path, line in lines.items()})
    for path in twice:
        sentence = f"{printable(str(path[-1]))} stands twice"
        session.problems.append(Problem(sentence, line=find((*base, *path)), key=dotted(path)))
    if not isinstance(values, dict | list):
        raise refusal(session.source, [Problem("neither a list nor an object")])
    found = {_LIST: values} if isinstance(values, list) else values
    return Table(found, (), find, session.problems)


def _parsed(text: str) -> object:
    if text.count(",") > MOST_TOKENS // 4:
        raise Overgrown("the file has too many parts for a portfolio", 1)
    return json.loads(
        text, parse_float=decimal_or_nan, parse_int=decimal_or_nan, parse_constant=decimal_or_nan
    )


def _sentence(error: ValueError) -> str:
    message = str(getattr(error, "msg", error))
    return message[:1].lower() + message[1:]


def _entries(root: Table, session: ImportSession) -> Iterator[Entry]:
    cash = root.take("cash", parse_money)
    if cash is not None:
        yield Entry(Holding(CASH, cash), root.line_of(("cash",)))
    held = root.values.get(_LIST)
    if isinstance(held, list) and len(held) > MOST_HOLDINGS:
        root.problem(f"more than {MOST_HOLDINGS:,} holdings", _LIST)
        return
    for table in root.tables(_LIST):
        entry = read_entry(table, EITHER, session)
        if entry is not None:
            yield entry
