"""One module for each kind of file: its bytes go in, rows of pixels come out; and back."""
