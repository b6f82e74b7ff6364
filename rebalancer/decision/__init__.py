"""When to trade and towards what: portfolio and market in, plan out."""
