"""From "not signed in" to an authorization code."""
