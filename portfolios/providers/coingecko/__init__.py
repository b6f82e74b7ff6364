"""CoinGecko: prices, history, categories and the list of all coins."""
