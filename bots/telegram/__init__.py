"""Telegram through aiogram 3. Importing its modules costs seconds: do it only where a Telegram channel is active."""
