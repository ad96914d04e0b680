"""Pixels of a file go in, with its colour profile; sRGB-like floats that networks know come out; and back."""
