"""Numbers and arrays go in; HTML pages, tables and contact sheets come out."""
