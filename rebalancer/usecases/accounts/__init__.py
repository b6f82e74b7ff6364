"""What a person changes: users, imports, locks, rules, preferences."""
