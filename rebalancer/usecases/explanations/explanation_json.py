"""An explained plan as JSON."""

from __future__ import annotations

from typing import Any

from portfolios.documents.plan_json import plan_to_json
from portfolios.values.canonical import utc_text
from rebalancer.usecases.explanations.explanation import AssetStory, Explanation

SCHEMA = "rebalancer.explanation/1"
FROM_PLAN = ("trades", "limits", "zones", "warnings")
"""Parts that stand here as they stand in the plan's own document."""


def explanation_to_json(explained: Explanation) -> dict[str, Any]:
    """Return the JSON face of an explanation: the plan's own lines, and the assets asked about."""
    plan = explained.plan
    document = plan_to_json(plan)
    return {
        "schema": SCHEMA,
        "plan": plan.plan_id,
        "portfolio": plan.portfolio,
        "as_of": utc_text(plan.as_of),
        "sample": plan.is_sample,
        "decision": plan.decision.value,
        "reason": plan.reason,
        **{key: document[key] for key in FROM_PLAN},
        "assets": [_story_json(story) for story in explained.stories],
    }


def _story_json(story: AssetStory) -> dict[str, Any]:
    return {
        "asset": story.position.asset_id,
        "traded": story.trade is not None,
        "why_not": story.why or None,
        "ended_by": [
            {"not_made_with": tipping.without or None, "made_with": tipping.still or None}
            for tipping in story.tippings
        ],
        "left_out": story.left_out or None,
    }
