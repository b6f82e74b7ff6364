"""The commands of the bot: what is answered to each."""
