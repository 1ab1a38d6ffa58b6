"""The story all rooms share: messages, conversations, events, and the one way an inbound message is handled."""
