"""One factor model of the whole market's risk; every portfolio is handed its rows of it."""
