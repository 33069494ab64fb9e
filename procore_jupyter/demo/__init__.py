"""The embedded Procore: a stand-in for trying the package and for its tests. It is not Procore and needs no account there.

In the package, only ``cli`` imports it. It knows nothing of what a notebook or a test hopes for: it answers, and
refuses, as the recorded provider does.
"""
