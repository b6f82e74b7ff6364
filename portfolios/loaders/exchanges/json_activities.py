"""Ghostfolio's JSON as the rows that its CSV would have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from portfolios.errors import Problem
from portfolios.loaders.grid import Row
from portfolios.loaders.import_session import ImportSession, refusal
from portfolios.loaders.line_positions import Overgrown, json_lines
from portfolios.loaders.number_parsing import decimal_or_nan

_KEY = "activities"
_COLUMNS = ("id", "account", "date", "symbol", "dataSource", "currency", "unitPrice", "quantity",
            "type", "fee", "comment", "isDraft")  # fmt: skip


def is_activities(text: str) -> bool:
    """Tell whether a text looks like the JSON of a tracker: an object with activities."""
    return (
        re.match(r"\s*\{", text) is not None and re.search(rf'"{_KEY}"\s*:\s*\[', text) is not None
    )


def activity_rows(text: str, session: ImportSession) -> Iterator[Row]:
    """Yield a header and one row for each activity, with its line.

    Raises:
        InputError: when the text is not JSON, or not as the tracker writes it.
    """
    try:
        root = json.loads(text, parse_float=decimal_or_nan)
        lines, _ = json_lines(text)
    except Overgrown as error:
        raise refusal(session.source, [Problem(str(error), line=error.line)]) from error
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise refusal(session.source, [Problem("not JSON", line=line)]) from error
    activities = root.get(_KEY) if isinstance(root, dict) else None
    if not isinstance(activities, list) or not all(isinstance(a, dict) for a in activities):
        raise refusal(session.source, [Problem(f"{_KEY} is not a list of objects", key=_KEY)])
    accounts = _account_names(root.get("accounts"))
    yield 1, list(_COLUMNS)
    for place, activity in enumerate(activities):
        told = {**activity, "account": accounts.get(str(activity.get("accountId")), "")}
        yield lines.get((_KEY, place), 1), [_text(_of_profile(told).get(c)) for c in _COLUMNS]


def _of_profile(activity: Mapping[str, object]) -> Mapping[str, object]:
    """Take symbol and source from the inner profile, where a version keeps them."""
    inner = activity.get("SymbolProfile") or activity.get("assetProfile")
    return {**inner, **activity} if isinstance(inner, dict) else activity


def _account_names(accounts: object) -> dict[str, str]:
    listed = accounts if isinstance(accounts, list) else []
    return {str(a["id"]): _text(a.get("name")) for a in listed if isinstance(a, dict) and "id" in a}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
