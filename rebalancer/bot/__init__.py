"""Telegram commands: check who asks, call a verb, answer with a message.

What a command answers is made here without any network, so it is the same whoever transports it.
"""
