"""Weights go in; something that zooms a tile comes out, in whichever runtime is fastest here."""
