"""The convex program: terms, constraints, solving, pruning, rounding, explaining.

Importing this package imports no solver: cvxpy loads when the first problem is built.
"""
