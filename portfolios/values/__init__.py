"""Numbers, money and moments as exact or shown text, and the present moment."""
