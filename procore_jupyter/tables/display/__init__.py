"""How a table is drawn in a notebook and in a terminal."""
