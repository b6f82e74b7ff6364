"""Grades computed from prices alone."""
