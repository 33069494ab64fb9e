"""Profiles: TOML files of what can be connected to. `procore.toml` and `demo.toml` are built in."""

from procore_jupyter.profiles.profile import BUILT_IN, Environment, Profile, load
from procore_jupyter.profiles.running_demo import App

__all__ = ["BUILT_IN", "App", "Environment", "Profile", "load"]
