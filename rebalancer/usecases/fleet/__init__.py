"""Propose for many portfolios at once, by workers that know nothing but what they are given."""
