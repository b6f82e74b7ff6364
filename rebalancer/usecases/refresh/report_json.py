"""The outcome of a refresh as JSON."""

from __future__ import annotations

from rebalancer.usecases.refresh.report import RefreshReport

SCHEMA = "rebalancer.refresh/1"


def refresh_to_json(report: RefreshReport) -> dict[str, object]:
    """Return the outcome as the document that `refresh --json` prints."""
    return {
        "schema": SCHEMA,
        "priced": list(report.priced),
        "graded": list(report.graded),
        "histories": list(report.histories),
        "quarantined": dict(report.quarantined),
        "unpaired": dict(report.unpaired),
        "unknown": list(report.unknown),
        "unanswered": list(report.unanswered),
        "recorded": list(report.recorded),
        "left_out": report.left_out,
        "calls": report.calls,
        "profile": report.profile,
        "losses": [
            {"provider": d.provider, "job": d.job, "loss": d.loss.value, "text": d.text}
            for d in report.degradations
        ],
    }
