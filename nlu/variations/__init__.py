"""Conversations derived from a pack's tests by changes whose effect is known, played and compared with those."""
