"""Floor 4: rows. Knows a session, and nothing of signing in."""
