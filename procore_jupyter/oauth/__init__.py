"""The protocol: authorization request and response, the token endpoint, tokens, where they are kept, and who renews them.

Nothing here knows Jupyter or Procore's tables.
"""
