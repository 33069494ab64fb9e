"""What a plan needs, fetched, the cheapest first."""
