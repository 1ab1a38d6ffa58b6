"""From the bot to people: queues, routing, capacity, presence, and what an agent can do at the desk."""
