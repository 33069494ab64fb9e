"""Profiles: what can be connected to, as TOML files. `procore.toml` and `demo.toml` are built in."""

from procore_jupyter.profiles.profile import BUILT_IN, App, Environment, Profile, load

__all__ = ["BUILT_IN", "App", "Environment", "Profile", "load"]
