"""The trainer's pages: which bot runs and how it keeps its promise, the weekly audit, and what the bot missed."""
