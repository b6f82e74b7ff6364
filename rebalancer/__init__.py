"""Proposes sector-aware reweights, flags risk zones and explains them. People trade."""
