"""Prices in doubt, and those that people accepted, as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from portfolios.marketdata.market_store import Acceptance, Refused
from portfolios.marketdata.price_gate import Reading
from portfolios.values.canonical import utc_text


def prices_to_json(
    refused: Mapping[str, Refused],
    accepted: Mapping[str, Reading],
    acceptances: Iterable[Acceptance],
) -> dict[str, object]:
    """Return the JSON face of what is in doubt and of what was accepted; money as text."""
    return {
        "in_doubt": [
            {
                "asset": asset_id,
                "price": str(doubt.reading.price),
                "at": utc_text(doubt.reading.at),
                "source": doubt.reading.source,
                "against": _text(accepted[asset_id].price if asset_id in accepted else None),
                "since": utc_text(doubt.first.at),
                "reason": doubt.reason,
            }
            for asset_id, doubt in refused.items()
        ],
        "accepted": [
            {
                "asset": one.asset_id,
                "price": str(one.reading.price),
                "against": _text(one.against),
                "reason": one.reason,
                "by": one.by,
                "at": utc_text(one.at),
            }
            for one in acceptances
        ],
    }


def _text(price: Decimal | None) -> str | None:
    return None if price is None else str(price)
