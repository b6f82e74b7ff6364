"""What is worth telling: hysteresis, flips, own rules, changes, what is remembered."""
