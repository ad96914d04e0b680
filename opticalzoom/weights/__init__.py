"""The weights files that ship with the package."""
