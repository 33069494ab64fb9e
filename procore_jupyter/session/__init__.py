"""Floor 3: requests, done right. Knows tokens and hosts, and nothing of tables."""
