"""A proposal's life: propose, keep, decide, apply, explain, what if."""
