"""OpticalZoom: learn a camera's optical zoom from misaligned photo pairs, and zoom photographs with it."""
