"""Floor 3: requests, done right. This room knows tokens and hosts, and nothing of tables."""
