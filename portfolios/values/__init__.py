"""Small values that everything else is told in."""
