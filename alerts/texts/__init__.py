"""News in words: events and the weekly report as messages."""
