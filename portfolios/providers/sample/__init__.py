"""The built-in sample market, the same on every machine."""
