"""What providers said and the gate believed, kept in the database and read back as a market.

`universe` says what is needed, `identity` and `listing` who is who, `marketstore`, `gradestore` and
`barseries` keep prices, grades and history, `asked` remembers what was asked of whom, and
`marketloading` makes the market of a moment from all of it.
"""
