"""The desk: where agents answer customers of many clients."""
