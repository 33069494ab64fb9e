"""Settings: from what a person wrote, through `resolve`, to the frozen `Settings` of one connection."""
