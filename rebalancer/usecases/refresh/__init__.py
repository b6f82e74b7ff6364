"""Pull from the providers into the store, within the plans."""
