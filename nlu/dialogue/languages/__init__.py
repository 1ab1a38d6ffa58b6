"""The closed word lists of each language: a folder a language, a text file a list."""
