"""The embedded Procore: a stand-in to try and to test with. It is not Procore, and needs no account there.

Nothing in the package imports this but ``cli``; the tests stand on it. It knows nothing of what a
notebook or a test hopes for: it answers as the recorded provider does, and refuses as it does.
"""
