"""One thread a test: the tensors are tiny, and several threads only wait for each other on a busy machine."""

import torch

torch.set_num_threads(1)
