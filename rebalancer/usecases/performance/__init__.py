"""What proposals earned, and whether that is chance."""
