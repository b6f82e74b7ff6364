"""The way from and to Telegram: polling, queues, sending."""
