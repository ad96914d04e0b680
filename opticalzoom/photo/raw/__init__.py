"""RAW files go in; mosaics, camera colours and developed pictures come out; and DNG files."""
