"""The shared language: nouns, loaders, market data and the store; knows no other package."""
