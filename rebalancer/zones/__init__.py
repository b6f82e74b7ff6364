"""Risk zones: stateless rules, one finding for every subject. Judging, not telling."""
