"""The levels at which a clause is read, the first that finds something counts."""
