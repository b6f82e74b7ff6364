"""Telling people: what changed, in which words, through which channel. Depends on `portfolios` only."""
