"""Risk, alpha, limits and the reference, from history, grades and policy. numpy only."""
