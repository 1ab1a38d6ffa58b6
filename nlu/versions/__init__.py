"""Bots as versions: judged on held-out folds, compared, gated, watched."""
