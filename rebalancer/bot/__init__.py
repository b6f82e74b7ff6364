"""Telegram commands: check who asks, call a verb, answer with a message.

The answer of a command is made here without a network, so no transport can change it.
"""
