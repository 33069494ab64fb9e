"""Programs that build, set up and document the project. They are not part of the package."""
