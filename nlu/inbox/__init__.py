"""The training inbox: what the bot missed, grouped by likeness, named by people, given back as data. No I/O."""
