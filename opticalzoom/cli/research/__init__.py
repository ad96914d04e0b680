"""The verbs of whoever trains and compares networks: words go in, a call and its results printed come out."""
