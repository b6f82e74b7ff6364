"""Our own grades, from prices alone, for those who have no vendor's.

They are labelled as ours everywhere and never mixed with a vendor's: they show how a price has
done and where it stands, and carry no expected return.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from portfolios.model.assets import Asset
from portfolios.model.market import Bars, Grade
from portfolios.providers.technical.own_grade import closed_at, own_grade
from portfolios.providers.technical.price_scores import price_scores


def technical_grades(
    bars: Bars, *, at: datetime, assets: Mapping[str, Asset] = MappingProxyType({})
) -> dict[str, Grade]:
    """Grade the assets of some bars as of a moment, but for those that follow another price.

    A stablecoin that moves by a thousandth, or a wrapped coin, has no trend of its own.

    Too little history gives no grade (None) and an undecided trend (0), never a bearish one. A
    grade bears the moment of the last close it rests on; the signal speaks only of the last bar.

    Args:
        bars: daily history; volume may be unknown.
        at: the moment; bars that close later are not looked at.
        assets: what is known of them.
    """
    known = sum(closed_at(day) <= at for day in bars.days)
    if not known:
        return {}
    scores = price_scores(bars.close[:known], bars.volume[:known])
    days = bars.days[:known]
    return {
        asset_id: own_grade(scores, days, i)
        for i, asset_id in enumerate(bars.asset_ids)
        if asset_id not in assets or not assets[asset_id].follows_another
    }
