"""What people call assets: ids, names, symbols, codes of exchanges, currencies, old names."""
