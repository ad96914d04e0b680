"""Weights files go in; what they say of themselves comes out: the model, its scale, its input. No PyTorch."""
