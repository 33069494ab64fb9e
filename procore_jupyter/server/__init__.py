"""The Jupyter server's side of a sign-in. Runs in another process than everything else here."""
