"""Photo files go in, arrays with EXIF and colour profile come out; and back."""
