"""Two photographs of one scene, made into training patches."""
