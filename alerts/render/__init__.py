"""Messages as text: plain, for Telegram, for mail; the only place that knows markup and lengths."""
