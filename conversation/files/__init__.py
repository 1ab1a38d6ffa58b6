"""One check for every file that travels through us, from customers and from agents, whatever the channel."""
