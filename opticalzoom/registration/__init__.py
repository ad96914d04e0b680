"""Two pictures of one scene go in; a homography, a flow, a mask of trusted pixels and a verdict come out."""
