"""Pairs for the trainer: sources prepared once, endless patches for training, whole pictures for validation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytorch_lightning as pl
from rich.console import Console
from torch import Tensor
from torch.utils.data import DataLoader

from opticalzoom.errors import PairError, visible
from opticalzoom.pairs.pair_cache import PAIR_CACHE, PairCache
from opticalzoom.pairs.registered import Preparation, TrainingPair
from opticalzoom.pairs.simulate.misalignment import Misalignment
from opticalzoom.pairs.simulate.unprocess import MosaicSimulation
from opticalzoom.pairs.sources import Source, SourceName, Split, open_source
from opticalzoom.parallel.progress import tracked
from opticalzoom.photo.raw.camera_space import WhiteBalance
from opticalzoom.registration.method import Method
from opticalzoom.training.patches import PatchDataset, Sample, StepSampler, to_tensor
from opticalzoom.weights.contract import Contract, InputKind

SPLITS: tuple[Split, Split] = ("train", "val")


class PairsDataModule(pl.LightningDataModule):
    """Photo pairs from a folder.

    With ``input: raw``, prepared pairs with sensor data are used as they are; of all others the mosaic is simulated
    from X (of plain photos from the simulated lens's light, before noise, sharpening and JPEG), with a white balance,
    camera colours and noise drawn for each pair, see :mod:`opticalzoom.pairs.simulate.unprocess`. Both sides and the
    scores are in the camera's colours then.

    Args:
        root: folder of the pairs, or several; a patch comes from each of them with the same probability.
        source: city100, prepared (by the verb prepare), folders (two parallel ones), simulated (plain photos), or
            auto to look.
        scale: Y over the RGB size of X.
        input: rgb (X as the sensor saw it), resized (X at the target's size) or raw (mosaics, simulated where a source
            has none).
        camera: City100 only: NikonD5500 or iPhoneX.
        misalignment: largest displacement injected at the corners of Y, in its pixels; fixed per pair.
        local: largest displacement of the smooth local field injected on top, in pixels of Y.
        parallax: how far an injected front layer of random shape moves against the rest of Y, in its pixels.
        registration: flow, homography or none.
        white_balance: of raw input: input (its as-shot gains are applied to the mosaic) or target (neither the mosaic
            nor the target has them, as in SR-RAW; zooming applies them last).
        patch_size: side of a patch on the network's grid, in pixels; of raw input a pixel is a cell of 2×2.
        batch_size: patches a step and process.
        augment: flips and quarter turns.
        workers: processes that cut patches.
        seed: of misalignment, simulated lenses and sensors, and patches.
        cache: folder of prepared pairs; they are reused when nothing that they depend on has changed.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one argument for each option of the command line
        self,
        root: str | list[str],
        source: SourceName = "auto",
        scale: int = 3,
        input: InputKind = "rgb",
        camera: str = "NikonD5500",
        misalignment: float = 0.0,
        local: float = 0.0,
        parallax: float = 0.0,
        registration: Method = "flow",
        white_balance: WhiteBalance = "input",
        patch_size: int = 48,
        batch_size: int = 16,
        augment: bool = True,
        workers: int = 1,
        seed: int = 0,
        cache: str = PAIR_CACHE,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=["root", "cache"])  # where the user keeps things is nobody's business
        self._roots = [root] if isinstance(root, str) else root
        self._source, self._camera, self._cache = source, camera, cache
        self._scale, self._input, self._registration, self._white_balance = scale, input, registration, white_balance
        self._misalignment = Misalignment(misalignment, local, seed, parallax)
        self._patch_size, self._batch_size, self._augment = patch_size, batch_size, augment
        self._workers, self._seed = workers, seed
        self.training: list[list[TrainingPair]] = []  # a list for each root
        self.validation: list[TrainingPair] = []

    def prepare_data(self) -> None:
        """Fill the cache, in the first process only."""
        for root, split in product(self._roots, SPLITS):
            self._prepare(root, split)

    def setup(self, stage: str) -> None:
        """Open the prepared pairs; PairError if none is usable."""
        if stage == "fit" and not self.training:
            report = self.trainer is None or self.trainer.is_global_zero
            self.training = [self._prepare(root, "train", report=report) for root in self._roots]
            self.validation = [pair for root in self._roots for pair in self._prepare(root, "val", report=report)]
            if report and not self.validation:
                Console(stderr=True).print(
                    "no validation pairs: no scores on the way; from three scenes on, one is kept"
                )
            for root, pairs in zip(self._roots, self.training, strict=True):
                if not pairs:
                    raise PairError(
                        "no usable pair is left for training.",
                        path=root,
                        remedy="Reasons are listed above, if pairs were left out; otherwise add more pairs.",
                    )

    def _prepare(self, root: str, split: Split, *, report: bool = False) -> list[TrainingPair]:
        source = open_source(root, self._source, scale=self._scale, camera=self._camera, seed=self._seed)
        preparation, cache = self._preparation(source, split), PairCache(self._cache)
        return prepare_all(source, source.names(split), preparation, cache, report=report)

    def _preparation(self, source: Source, split: Split) -> Preparation:
        """What is registered already is left alone; validation sees the pairs as they are, nothing is injected."""
        misalignment = self._misalignment if split == "train" else Misalignment()
        method = self._registration if split == "train" else "flow"
        if source.registered and misalignment.is_none:
            method = "none"
        return Preparation(self._input, misalignment, method, self._white_balance, MosaicSimulation(self._seed))

    def train_dataloader(self) -> DataLoader[Sample]:
        """Endless batches, starting where the trainer's step counter stands."""
        pairs = [pair for group in self.training for pair in group]
        weights = [weight for group in self.training for weight in shares(group)]
        factor = Contract(self._scale, self._input).grid_factor
        patches = PatchDataset(pairs, factor, self._patch_size, self._seed, self._augment, weights)
        trainer = self.trainer
        done, rank, processes = (
            (trainer.global_step * trainer.accumulate_grad_batches, trainer.global_rank, trainer.world_size)
            if trainer
            else (0, 0, 1)
        )
        sampler = StepSampler(self._batch_size, done, rank, processes)
        return DataLoader(
            patches, batch_sampler=sampler, num_workers=self._workers, persistent_workers=self._workers > 0
        )

    def val_dataloader(self) -> DataLoader[Sample]:
        """Whole pictures, one at a time."""
        items = [whole_sample(pair) for pair in self.validation]
        return DataLoader(items, batch_size=1)  # type: ignore[arg-type]


def prepare_all(
    source: Source, names: list[str], preparation: Preparation, cache: PairCache, *, report: bool = True
) -> list[TrainingPair]:
    """Prepare pairs on all cores with a progress bar; rejected ones are left out, and listed if ``report``."""
    console = Console(stderr=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # OpenCV releases the interpreter lock
        jobs = pool.map(lambda name: cache.get(source, name, preparation), names)
        pairs = list(tracked(jobs, "Preparing pairs", console, len(names)))
    for pair in pairs:
        if pair.reason and report:
            console.print(visible(f"left out: {pair.name}: {pair.reason}"), style="yellow", markup=False)
    return [pair for pair in pairs if not pair.reason]


def shares(pairs: Sequence[TrainingPair]) -> list[float]:
    """Each pair's part of all pixels of Y; they sum to one."""
    areas = [pair.y.shape[0] * pair.y.shape[1] for pair in pairs]
    return [area / sum(areas) for area in areas]


def whole_sample(pair: TrainingPair) -> dict[str, Tensor]:
    """A whole prepared pair as one sample of the patches' form."""
    return {"x": to_tensor(pair.x), "y": to_tensor(pair.y), "mask": to_tensor(pair.mask[..., None])}
