"""Numbers, money and moments as exact or shown text."""
