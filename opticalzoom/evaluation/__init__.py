"""Weights and test pairs go in; scores, tables and pictures come out."""
