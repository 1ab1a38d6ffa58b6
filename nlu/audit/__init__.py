"""The live audit: what a weekly sample of automatic answers, judged by people, says about the bot's promise. No I/O."""
