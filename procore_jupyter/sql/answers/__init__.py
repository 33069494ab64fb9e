"""The answer to a query: its rows, and what they cost."""
