"""What providers said and the gate believed, kept in the database and read back as a market.

`universe` says what is needed, `asset_matching` and `coin_list` who is who, `price_gate` what is
believed; `market_store`, `grade_store` and `bar_series` keep prices, grades and history,
`fetch_log` remembers what was asked of whom, and `load_market` makes the market of a moment.
"""
