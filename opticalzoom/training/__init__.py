"""Pairs and a recipe go in; a trained network and its weights file come out."""
