"""Platform servers of our own that speak the real HTTP APIs on a loopback port, so that the real SDKs run."""
