"""The pages on which client and provider settle."""
