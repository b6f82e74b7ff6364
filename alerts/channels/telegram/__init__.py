"""Telegram: one bot, through which people are told things and press buttons."""
