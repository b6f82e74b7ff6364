"""Where market data come from.

Each source is a module of its own and knows no other: `technical` makes grades from prices alone,
`sample` is the built-in market that needs neither network nor key.
"""
