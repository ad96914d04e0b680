"""Photo files go in, and what they carry besides pixels comes out, fit for what is made of them."""
