"""Token Metrics by name."""

from __future__ import annotations

from portfolios.providers.provider import Capability, Provider

TOKENMETRICS = Provider("tokenmetrics", "Token Metrics", Capability.GRADES)
