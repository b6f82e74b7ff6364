"""A proposal explained: its causes, what would change it, what if something were otherwise."""
