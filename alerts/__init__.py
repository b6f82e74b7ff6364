"""Telling people: what changed, in which words, on which channel; needs `portfolios` only."""
