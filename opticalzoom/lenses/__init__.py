"""Registered pairs go in; what their lens does comes out: a filter that zooms, point spread, modulation, noise."""
