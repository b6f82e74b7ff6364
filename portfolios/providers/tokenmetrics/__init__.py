"""Token Metrics: grades, signals, indices."""
