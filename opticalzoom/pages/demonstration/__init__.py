"""Nothing goes in but photographs that a package ships; a page that shows the whole way comes out."""
