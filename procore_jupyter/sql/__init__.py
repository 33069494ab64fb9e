"""SQL over Procore: a query's own plan decides what is asked for, and DuckDB answers it from the rows that came."""
