"""What an attacker tries: between clients, around people, towards the network."""
