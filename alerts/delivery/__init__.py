"""The outbox: what was written for somebody, and its way to them."""
