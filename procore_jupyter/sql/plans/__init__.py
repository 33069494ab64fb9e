"""The plan of a query: what each scan reads, its conditions, and what narrows what."""
