"""Pictures go in, features of networks that others trained come out."""
