"""The real Rasa Open Source 3.6 as an engine: a server spoken to over HTTP, trained from the same pack."""
