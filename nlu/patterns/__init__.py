"""Regular expressions that a pack writes, run in linear time with Python's meaning of words, digits and case."""
