"""Commands that change what somebody keeps: holdings, locks, rules, settings, people."""
