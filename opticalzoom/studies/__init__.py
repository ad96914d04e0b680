"""Studies: the paper's tables as small configs, and what trains, scores and shows all rows of one."""
