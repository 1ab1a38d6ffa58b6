"""Every table of the product as a file: one way to write CSV, one way to send a download."""
