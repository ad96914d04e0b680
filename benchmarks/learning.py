"""What ``opticalzoom learn`` reaches on real pairs: gains over bicubic on pairs that were never seen nor chosen by.

    python benchmarks/learning.py city100 --root CITY100 [--steps 150]
    python benchmarks/learning.py phone --root real-pairs/phone-ultra-wide [--steps 300]

City100's iPhone X at ×3: 1, 4 and 11 training pairs, misaligned by 24 px and registered again; scores of the three
official test pairs that are there. The phone at ×1.85 (×2): each of four camera movements held out in turn. Both say
what the verdict of the run itself had promised. Writes docs/results/learning-NAME.json.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import fmean

from limits import processor  # type: ignore[import-not-found]  # beside this file

from opticalzoom.evaluation.loaders import load_pair
from opticalzoom.evaluation.methods import Method
from opticalzoom.evaluation.protocols import evaluate
from opticalzoom.evaluation.report import means
from opticalzoom.pairs.pair import Source
from opticalzoom.pairs.registered import PairCache, Preparation
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.sources import City100
from opticalzoom.photo.metadata import Metadata
from opticalzoom.training.datamodule import prepare_all
from opticalzoom.training.learning.judging import gain, judge_pair
from opticalzoom.training.learning.lens_run import LensOutcome, learn_one
from opticalzoom.training.learning.material import LensPairs, gather
from opticalzoom.models import build
from opticalzoom.training.learning.start import nearest_base, starting_network

COUNTS = {1: ["005"], 4: ["002", "003", "004", "005"], 11: []}
FOLDS = ("back", "left", "pitch", "clockwise")
