"""Use cases, one per file: what a person can ask for, whatever the way in."""
