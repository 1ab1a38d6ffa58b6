"""The demo: sample clients, demo logins, and customers who never existed, handled for real."""
