"""Slack through slack-bolt (async) and slack-sdk; Socket Mode and the Events API end in the same translation."""
