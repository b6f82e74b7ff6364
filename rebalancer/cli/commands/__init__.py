"""The commands, one file for each group: parse, call a use case, print."""
