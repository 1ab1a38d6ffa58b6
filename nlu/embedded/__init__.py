"""The embedded engine: kernel ridge over a sentence encoder and TF-IDF, trained from a pack in seconds."""
