"""One request to a provider, within limits."""
