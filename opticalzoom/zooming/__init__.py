"""Photographs go in, zoomed photographs come out: files or arrays, one or many."""
