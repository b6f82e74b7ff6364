"""The shared language: nouns, loaders, market data and the store. Knows nothing of the other packages."""
