"""The nouns as JSON, TOML and CSV that leave the program, and back."""
