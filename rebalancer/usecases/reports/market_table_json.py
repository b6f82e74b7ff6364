"""The token table as JSON."""

from __future__ import annotations

from datetime import timedelta

from portfolios.values.canonical import plain
from rebalancer.usecases.reports.market_table import MarketRow


def row_to_json(row: MarketRow, *, is_sample: bool) -> dict[str, object]:
    """Return the JSON face of a row; ages in seconds."""
    return {
        "asset": row.asset.asset_id,
        "symbol": row.asset.symbol,
        "name": row.asset.name,
        "sector": row.asset.sector,
        "rank": row.asset.rank,
        "price": plain(row.quote.price) if row.quote else None,
        "quarantined": (row.quote.quarantined or None) if row.quote else None,
        "change_24h": row.change_1d,
        "change_7d": row.change_7d,
        "change_30d": row.change_30d,
        "short_grade": row.short,
        "long_grade": row.long,
        "trend": row.trend,
        "signal": row.signal,
        "grade_source": row.source or None,
        "price_age_seconds": _seconds(row.price_age),
        "grade_age_seconds": _seconds(row.grade_age),
        "sample": is_sample,
    }


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else int(age.total_seconds())
