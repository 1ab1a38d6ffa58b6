"""What the bot does next: from the clauses of a message to commands, from commands to steps, effects and answers."""
