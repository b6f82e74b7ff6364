"""Commands about a proposal: ask, explain, decide, book."""
