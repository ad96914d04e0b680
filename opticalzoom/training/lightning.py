"""The LightningModule: what happens in a training step and in a validation step, and the optimiser."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts

from opticalzoom.errors import TrainingError
from opticalzoom.metrics import METRICS, quantise
from opticalzoom.models import build
from opticalzoom.models.base import ZoomModel, ZoomOutput
from opticalzoom.training.grow import load_into
from opticalzoom.training.objective import Criterion, Objective
from opticalzoom.weights.card import ModelCard
from opticalzoom.weights.contract import Contract, InputKind

Schedule = Literal["cosine", "restarts", "constant"]

Batch = dict[str, Tensor]


class ZoomTraining(pl.LightningModule):
    """Learns to zoom from prepared pairs: Eq. 6 of the SDAN paper, which is L1 for models without alignment, or another
    :class:`~opticalzoom.training.objective.Objective`.

    Args:
        builder: name of the model, see :data:`opticalzoom.models.MODELS`.
        arguments: the builder's arguments besides scale and input.
        scale: Y over the RGB size of X.
        input: kind of the input.
        learning_rate: of Adam, betas 0.9 and 0.99 as in the paper.
        schedule: cosine (once over the whole run), restarts (the paper's warm restarts) or constant.
        minimum_rate: learning rate at the end of a cosine.
        restart_steps: steps to the first restart; each following cycle is twice as long.
        auxiliary: weight of the loss of the auxiliary result X', 1 in the paper.
        loss: distance of pixels, for both terms of Eq. 6: l1 (the paper), l2 or charbonnier.
        objective: weights of the terms besides, and their constants.
        unaligned: share of the steps that train what zooming does, X alone with offsets of exactly zero; 0 in the
            paper, where only the reference Y' is ever seen in training. With it, validation does the same.
        init: weights file (or bundled name) to start from, of the same model or one that it can grow out of.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one argument for each option of the command line
        self,
        builder: str = "sdan_lite",
        arguments: dict[str, Any] | None = None,
        scale: int = 3,
        input: InputKind = "rgb",
        learning_rate: float = 2e-4,
        schedule: Schedule = "cosine",
        minimum_rate: float = 1e-5,
        restart_steps: int = 20_000,
        auxiliary: float = 1.0,
        loss: Literal["l1", "l2", "charbonnier"] = "l1",
        objective: Objective = Objective(),  # noqa: B008 - frozen
        unaligned: float = 0.0,
        init: str | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(ignore=["objective"])
        self.save_hyperparameters({"objective": asdict(objective)})  # plain values, as checkpoints are read
        self.card = ModelCard(builder, {"scale": scale, "input": input, **(arguments or {})})
        self.model: ZoomModel = build(builder, **self.card.arguments).to(memory_format=torch.channels_last)
        self._rate, self._schedule, self._minimum = learning_rate, schedule, minimum_rate
        self._restart_steps, self._unaligned = restart_steps, unaligned
        self._criterion = Criterion(objective, loss, auxiliary)
        if init is not None:
            load_into(self.model, init)

    @property
    def contract(self) -> Contract:
        """What the model takes and gives."""
        return self.model.contract

    def forward(self, x: Tensor, reference: Tensor | None = None) -> ZoomOutput:
        """Zoom x: N×C×H×W in [0, 1]; without reference X is its own."""
        return self.model(x.contiguous(memory_format=torch.channels_last), reference)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """A batch of patches with x, y and mask; the reference is Y averaged down to the network's grid."""
        x, y, mask = batch["x"], batch["y"], batch["mask"]
        output = self._zoom(x) if self._is_unaligned_step() else self(x, self._reference(x, y))
        self._teach_adversary(output.image, y)
        terms = self._criterion(output, y, mask, self.global_step, self.trainer.max_steps)
        auxiliary = terms.pop("auxiliary")
        picture = torch.stack(list(terms.values())).sum()
        loss = picture + auxiliary
        if not torch.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss.item()} at step {self.global_step}.",
                remedy="Lower the learning rate, or resume from the last checkpoint with --trainer.precision 32.",
            )
        self.log_dict({"train/loss": picture, "train/auxiliary": auxiliary})
        self.log_dict({f"train/{name}": term for name, term in terms.items()})
        self.log("loss", picture, prog_bar=True, logger=False)
        if output.offset is not None:
            self.log("train/offset", output.offset.detach().norm(dim=1).mean())
        return loss

    def _teach_adversary(self, image: Tensor, y: Tensor) -> None:
        """The discriminator's own step; its learning rate and clipping are the network's."""
        trainer = self.trainer
        rate, clip = trainer.optimizers[0].param_groups[0]["lr"], trainer.gradient_clip_val
        loss = self._criterion.teach(
            image, y, self.global_step, trainer.max_steps, rate=rate, clip=clip, reduce=trainer.strategy.reduce
        )
        if loss is not None:
            self.log("train/discriminator", loss)

    def on_fit_start(self) -> None:
        """The criterion's networks go where the model is, and every process begins with the same discriminator."""
        self._criterion.to(self.device)
        if adversary := self._criterion.adversary:
            adversary.load_state_dict(self.trainer.strategy.broadcast(adversary.state_dict()))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The discriminator resumes too."""
        if self._criterion.adversary:
            checkpoint["adversary"] = self._criterion.adversary.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """See :meth:`on_save_checkpoint`."""
        if self._criterion.adversary and "adversary" in checkpoint:
            self._criterion.adversary.load_state_dict(checkpoint["adversary"])

    def validation_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Honest protocol: X alone, against Y as it is, whole, rounded to 8 bit. Returns the picture."""
        output = self._zoom(batch["x"]) if self._unaligned else self(batch["x"])
        image = quantise(output.image.float())
        y, mask = quantise(batch["y"]), batch["mask"].bool()
        scores = {name: METRICS[name](image, y, mask).mean() for name in ("psnr_y", "psnr_rgb")}
        self.log_dict({f"val/{name}": value for name, value in scores.items()}, batch_size=1, sync_dist=True)
        self.log("psnr", scores["psnr_y"], prog_bar=True, logger=False, batch_size=1, sync_dist=True)
        return image

    def _reference(self, x: Tensor, y: Tensor) -> Tensor:
        """Y', Y averaged down to the network's grid."""
        return adaptive_avg_pool2d(y, self.contract.grid_size(x.shape[-2], x.shape[-1]))

    def _zoom(self, x: Tensor) -> ZoomOutput:
        """What zooming does: no reference, no offsets."""
        return self.model.forward_unaligned(x.contiguous(memory_format=torch.channels_last))

    def _is_unaligned_step(self) -> bool:
        """Spread evenly and a function of the step alone, so that a resumed run does the same."""
        return int((self.global_step + 1) * self._unaligned) > int(self.global_step * self._unaligned)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Adam and the schedule, stepped once an optimisation step."""
        optimizer = torch.optim.Adam(self.model.parameters(), lr=self._rate, betas=(0.9, 0.99))
        if self._schedule == "constant":
            return optimizer
        scheduler = (
            CosineAnnealingLR(optimizer, int(self.trainer.estimated_stepping_batches), self._minimum)
            if self._schedule == "cosine"
            else CosineAnnealingWarmRestarts(optimizer, self._restart_steps, 2, self._minimum)
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
