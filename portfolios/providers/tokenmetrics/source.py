"""Token Metrics: signals, trends, grades, and what it says of the market, in versions 2 and 3.

One call carries a hundred tokens, each with its event, trend and both grades. Tokens are asked
for by the provider's own ids, never by their symbols, which several of them share; only the search
for those ids uses symbols, and every bearer comes back from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from portfolios.errors import CredentialError, ReplyError
from portfolios.providers.http.client import Client, Service
from portfolios.providers.http.fields import amount, decimal, moment, number, text, with_fields
from portfolios.providers.http.transport import Params
from portfolios.providers.records import Daily, IndexPart, SignalRow, TokenRow
from portfolios.providers.tokenmetrics.rows import Row, normalised, signal_row, token_id, token_row
from portfolios.providers.tokenmetrics.traits import TOKENMETRICS
from portfolios.values.time import StableClock

NAME = TOKENMETRICS.name
PAGE, MOST_PAGES = 100, 5
NEEDED: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "tokens": ("token_id", "token_name"),
        "trading-signals": ("token_id", "date", "trading_signal", "token_trend"),
        "trader-grades": ("token_id", "tm_trader_grade"),
        "investor-grades": ("token_id", "tm_investor_grade"),
        "tm-grade": ("token_id", "tm_grade"),
        "fundamental-grade": ("token_id", "fundamental_grade"),
        "price": ("token_id", "current_price"),
        "market-metrics": ("date", "last_tm_grade_signal"),
        "indices-holdings": ("cg_id", "weight"),
        "daily-ohlcv": ("token_id", "close"),
        "quantmetrics": ("token_id",),
        "ai-reports": ("token_id", "investment_analysis_pointer"),
        "sentiments": ("market_sentiment_grade",),
    }
)
"""Without these fields a row says nothing, so a reply that lost one is refused by its name."""
CHUNK_DAYS = 29
"""The longest stretch of days that one request may span."""
UNTIL_TOMORROW = 86_400.0


def service(base_url: str, *, version: str, key: str, header: str) -> Service:
    """Return what the client needs to know.

    Args:
        base_url: without the version.
        version: v2 or v3.
        key: of the person or the installation.
        header: that carries the key.
    """
    return Service(
        NAME,
        f"{base_url}/{version}",
        {header: key},
        key_hint="check tokenmetrics.api_key and what its plan includes",
        # Refused again and again without a word: the month's quota is spent, or today's.
        rate_pause=UNTIL_TOMORROW,
    )


class TokenMetrics:
    """The source of grades and trends; each method is one call unless it says otherwise.

    Args:
        client: of the version's address.
        version: v2 or v3.
        clock: dates the rows that bear no date.
    """

    name = NAME

    def __init__(self, client: Client, *, version: str, clock: StableClock) -> None:
        self._client = client
        self._is_v3 = version == "v3"
        self._clock = clock
        self._serves_old_grades = not self._is_v3

    def find(self, symbols: Sequence[str]) -> Sequence[TokenRow]:
        """Return every token that bears one of these symbols; a call a hundred of them."""
        rows = self._pages("tokens", {"symbol": ",".join(symbols), **self._expanded()})
        return [token_row(row) for row in rows if token_id(row)]

    def tokens(self, token_ids: Sequence[str]) -> Sequence[TokenRow]:
        """Return tokens by the provider's own ids."""
        rows = self._of("tokens", token_ids, self._expanded())
        return [token_row(row) for row in rows if token_id(row)]

    def signals(self, token_ids: Sequence[str], *, day: date) -> Sequence[SignalRow]:
        """Return trend, event and grades of some tokens on one day."""
        return self._signal_rows("trading-signals", token_ids, self._days(day, day))

    def short_grades(self, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        """Return the newest short grades; a second call where the older endpoint is gone."""
        return self._old_or_new("trader-grades", "tm-grade", token_ids)

    def long_grades(self, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        """Return the newest long grades; a second call where the older endpoint is gone."""
        return self._old_or_new("investor-grades", "fundamental-grade", token_ids)

    def regime(self) -> Mapping[str, object]:
        """Return the newest state of the whole market; empty when there is none."""
        now = self._clock().wall.date()
        rows = self._pages("market-metrics", self._days(now - timedelta(days=2), now))
        newest = max(rows, key=_when, default={})
        return {
            "date": text(newest.get("date")),
            "high_grade_pct": number(newest.get("tm_grade_perc_high_coins")),
            "signal": number(newest.get("tm_grade_signal")),
            "last_signal": number(newest.get("last_tm_grade_signal")),
            "total_market_cap": number(newest.get("total_crypto_mcap")),
        }

    def second_prices(self, token_ids: Sequence[str]) -> Mapping[str, Decimal]:
        """Return token id -> price now, in dollars."""
        rows = self._of("tokens" if self._is_v3 else "price", token_ids)
        found = {token_id(row): decimal(row.get("current_price")) for row in rows}
        return {key: price for key, price in found.items() if key and price is not None}

    def history(self, their_id: str, *, first: date, last: date) -> Sequence[Daily]:
        """Return daily closes in dollars, a call for each 29 days; volumes are of one venue."""
        found: dict[date, float] = {}
        while first <= last:
            end = min(first + timedelta(days=CHUNK_DAYS - 1), last)
            for row in self._of("daily-ohlcv", [their_id], self._days(first, end), most_pages=1):
                at, close = (
                    moment(row.get("date") or row.get("timestamp")),
                    amount(row.get("close")),
                )
                if at is not None and close is not None and token_id(row) == their_id:
                    found[at.date()] = close
            first = end + timedelta(days=1)
        return [(day, close, None) for day, close in sorted(found.items())]

    def risk_figures(self, token_ids: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
        """Return token id -> its own figures of risk, over all its data."""
        names = ("volatility", "sharpe", "sortino", "max_drawdown", "daily_value_at_risk")
        return {
            token_id(row): {n: f for n in names if (f := number(row.get(n))) is not None}
            for row in self._of("quantmetrics", token_ids)
            if token_id(row)
        }

    def indices(self) -> Mapping[str, str]:
        """Return index id -> name."""
        rows = self._pages("indices", {})
        found = {str(row.get("id")): text(row.get("name")) for row in rows}
        return {key: name for key, name in found.items() if key.isdigit()}

    def index_parts(self, index_id: str) -> Sequence[IndexPart]:
        """Return what an index holds; shares sum to 1.

        Raises:
            ReplyError: when the weights add up to neither 1 nor 100.
        """
        rows = self._pages("indices-holdings", {"id": index_id})
        weights = [(row, amount(row.get("weight"))) for row in _newest(rows)]
        total = sum(weight for _, weight in weights if weight)
        if not any(abs(total / whole - 1) < 0.05 for whole in (1, 100)):
            raise ReplyError(f"{NAME} sent weights that add up to {total:g}", provider=NAME)
        return [
            IndexPart(text(row.get("cg_id")), text(row.get("token_symbol")), weight / total)
            for row, weight in weights
            if weight
        ]

    def sentiment(self) -> Mapping[str, object]:
        """Return the newest mood of the market; empty when there is none."""
        newest = max(self._pages("sentiments", {}), key=_when, default={})
        return {
            "date": text(newest.get("datetime")),
            "grade": number(newest.get("market_sentiment_grade")),
            "label": text(newest.get("market_sentiment_label")),
            "news": text(newest.get("news_summary")),
        }

    def reports(self, token_ids: Sequence[str]) -> Mapping[str, str]:
        """Return token id -> one line of the provider's report on it."""
        rows = self._of("ai-reports", token_ids)
        found = {token_id(r): text(r.get("investment_analysis_pointer")) for r in rows}
        return {key: line for key, line in found.items() if key and line}

    def ask(self, question: str) -> str:
        """Return what the provider's assistant answers; empty when it has nothing to say."""
        reply = self._client.post("tmai", {"messages": [{"user": question}]})
        outer = reply if isinstance(reply, Mapping) else {}
        inner = outer.get("data")
        answer = outer.get("answer") or (inner.get("answer") if isinstance(inner, Mapping) else "")
        lines = answer.splitlines() if isinstance(answer, str) else []
        return "\n".join(map(text, lines)).strip()

    def _old_or_new(self, old: str, new: str, token_ids: Sequence[str]) -> Sequence[SignalRow]:
        """Ask the older endpoint while it is served: its grades are those of the signals."""
        if self._serves_old_grades:
            try:
                rows = self._signal_rows(old, token_ids, {})
            except CredentialError:
                rows = ()
            if rows:
                return rows
            self._serves_old_grades = False
        return self._signal_rows(new, token_ids, {})

    def _signal_rows(
        self, path: str, token_ids: Sequence[str], params: Params
    ) -> Sequence[SignalRow]:
        now = self._clock().wall
        rows = (signal_row(row, at=now) for row in self._of(path, token_ids, params))
        return [row for row in rows if row is not None]

    def _days(self, first: date, last: date) -> Params:
        begin, end = ("start_date", "end_date") if self._is_v3 else ("startDate", "endDate")
        return {begin: first.isoformat(), end: last.isoformat()}

    def _expanded(self) -> Params:
        return {"expand": "category_list"} if self._is_v3 else {}

    def _of(
        self,
        path: str,
        token_ids: Sequence[str],
        params: Params | None = None,
        *,
        most_pages: int = MOST_PAGES,
    ) -> Sequence[Row]:
        """Return the rows of some tokens, of no other, until each has one."""
        wanted = set(token_ids)
        asked = {"token_id": ",".join(token_ids), **(params or {})}
        rows = self._pages(path, asked, wanted=wanted, most_pages=most_pages)
        return [row for row in rows if token_id(row) in wanted]

    def _pages(
        self,
        path: str,
        params: Params,
        *,
        wanted: Iterable[str] = (),
        most_pages: int = MOST_PAGES,
    ) -> Sequence[Row]:
        """Return the rows of all pages; there is no total, so a full page may have a next one."""
        found: list[Row] = []
        missing, page = set(wanted), 1
        while page <= most_pages:
            rows = self._page(path, {**params, "limit": PAGE, "page": page})
            if rows and page > 1 and rows[0] in found:
                break  # the number of the page was not heeded
            found += rows
            was_sought = bool(missing)
            missing -= {token_id(row) for row in rows}
            if len(rows) < PAGE or (was_sought and not missing):
                break
            page += 1
        return found

    def _page(self, path: str, params: Params) -> Sequence[Row]:
        reply = self._client.get(path, params)
        if reply is None:
            return []
        rows = reply.get("data") if isinstance(reply, Mapping) else None
        if isinstance(reply, Mapping) and reply.get("success") is False:
            said = text(reply.get("message"))
            if not rows and any(word in said.lower() for word in ("not found", "no data")):
                return []
            raise ReplyError(f"{NAME} did not serve {path}: {said}", provider=NAME)
        if not isinstance(rows, list):
            raise ReplyError(f"{NAME} answered {path} with something else", provider=NAME)
        read = [normalised(row) if isinstance(row, Mapping) else row for row in rows]
        return with_fields(read, path, NEEDED.get(path, ()), provider=NAME)


def _when(row: Row) -> str:
    return text(row.get("date") or row.get("datetime"))


def _newest(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows of the newest date among them."""
    last = max((_when(row) for row in rows), default="")
    return [row for row in rows if _when(row) == last]
