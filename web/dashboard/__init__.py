"""The client dashboard: are the promises kept, what does the bot do, what broke."""
