"""The command line: a verb's words go in; what it calls does the work, and progress and results are printed."""
