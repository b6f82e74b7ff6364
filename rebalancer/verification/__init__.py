"""Checks documents by arithmetic of its own; it shares no line with what wrote them."""
