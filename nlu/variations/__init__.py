"""Conversations derived from a pack's tests by changes whose effect is known: what must come out the same, and what not."""
