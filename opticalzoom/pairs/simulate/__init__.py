"""Photographs go in; pairs with known misalignment, parallax, or a simulated sensor come out."""
