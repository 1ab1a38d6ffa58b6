"""What `switchboard doctor` looks at, a module a concern."""
