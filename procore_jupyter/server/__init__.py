"""The Jupyter server's side of a login, which runs in another process than the rest of the package."""
