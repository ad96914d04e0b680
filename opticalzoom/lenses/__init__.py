"""Registered pairs go in; what their lens does comes out: a filter that zooms, point spread, modulation, noise.

Weights that were learned for a lens go into the user's library; for a photo of that lens they come out again.
"""
