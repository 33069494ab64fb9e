"""What builds and sets up the project. Not part of the package."""
