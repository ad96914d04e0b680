"""VGG19 against torchvision's."""

from __future__ import annotations

import torch
import torchvision

from opticalzoom.models.backbones.backbone import IMAGENET_MEAN, IMAGENET_STD
from opticalzoom.models.backbones.vgg import vgg19


def test_vgg19_equals_torchvision():
    torch.manual_seed(0)
    theirs = torchvision.models.vgg19(weights=None).eval()
    image = torch.rand(1, 3, 32, 40)
    mean, std = (torch.tensor(part).view(1, 3, 1, 1) for part in (IMAGENET_MEAN, IMAGENET_STD))
    for tap, depth in {"conv1_2": 3, "relu2_1": 7, "pool3": 19, "conv5_4": 35}.items():
        with torch.no_grad():
            expected = theirs.features[:depth]((image - mean) / std)
        torch.testing.assert_close(vgg19(theirs.state_dict(), [tap])(image)[0], expected)
