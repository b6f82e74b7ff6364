"""A proposal's life: propose, keep, decide, apply."""
