"""Tab: in magics, in calls of a session, in queries."""
