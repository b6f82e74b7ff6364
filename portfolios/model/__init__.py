"""The nouns of the domain: frozen values without effects."""
