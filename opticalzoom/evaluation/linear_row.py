"""The row "linear" of an evaluation: what least squares makes of the pairs that are not scored."""

from __future__ import annotations

from collections.abc import Collection

from opticalzoom.evaluation.methods import LINEAR, Method
from opticalzoom.lenses.linear_filter import fit_filter
from opticalzoom.models.baselines import Linear
from opticalzoom.pairs.pair import Source
from opticalzoom.pairs.pair_cache import PAIR_CACHE, PairCache
from opticalzoom.pairs.registered import Preparation
from opticalzoom.pairs.selection import evenly_spread, float_arrays
from opticalzoom.training.datamodule import prepare_all

MOST_PAIRS = 8
"""That the filter is fitted to, evenly spread; more change it little."""


def linear_method(source: Source, scored: Collection[str]) -> Method | None:
    """The filter of least squares over training pairs as a method, the least that a network has to be better than.

    Args:
        source: of the pairs that are scored; its training pairs are registered if they are not yet.
        scored: names of those, which the filter must not see, nor others of their scenes.

    Returns:
        None if no training pair is left that can be used.
    """
    seen = {source.group(name) for name in scored}
    names = [name for name in source.names("train") if source.group(name) not in seen]
    preparation = Preparation(method="none" if source.registered else "flow")
    pairs = prepare_all(source, evenly_spread(names, MOST_PAIRS), preparation, PairCache(PAIR_CACHE), report=False)
    pairs = [pair for pair in pairs if pair.mask.any()]
    return Method(LINEAR, Linear.of(fit_filter(float_arrays(pairs), source.scale))) if pairs else None
