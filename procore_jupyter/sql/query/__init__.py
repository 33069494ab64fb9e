"""The text of a query: what it asks, what it is given, what is wrong with it."""
