"""Reads values out of what people write, and gives them to the slots that want them."""
