"""A function and many arguments go in; results come out as they are ready, from threads, processes or a cluster."""
