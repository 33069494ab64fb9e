"""The protocol: authorization request and response, the token endpoint, tokens, their stores, and their renewal.

Nothing here knows Jupyter or Procore's tables.
"""
