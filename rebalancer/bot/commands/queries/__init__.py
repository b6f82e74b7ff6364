"""Commands that only show: portfolios, market, grades, results, health."""
