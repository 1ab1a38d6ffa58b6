"""Two clients full of marked data behind the whole application, and everybody who may call it."""
