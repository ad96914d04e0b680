"""Timing engines against each other; which of them is then chosen is tested with the backends."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from opticalzoom.engines import measuring
from opticalzoom.engines.measuring import Choice, measure
from opticalzoom.errors import DependencyError
from opticalzoom.weights.contract import Contract
from opticalzoom.weights.exported import TOLERANCE

FIRST, SECOND, LOW = Choice("torch", "float32"), Choice("ncnn", "float32"), Choice("torch", "bfloat16")


@dataclass
class Fake:
    """An engine that is off by ``error`` and takes the seconds that it is given, one after the other."""

    seconds: list[float] = field(default_factory=list)
    error: float = 0

    contract = Contract(3)
    streams = 1
    bytes_per_pixel = 1000

    def __call__(self, x):
        return x + np.float32(self.error)


@pytest.fixture
def timed(monkeypatch):
    monkeypatch.setattr(measuring, "_seconds", lambda engine: engine.seconds.pop(0))


@pytest.mark.usefixtures("timed")
def test_the_best_of_the_later_rounds_counts():
    engines = {FIRST: Fake([3, 2, 1.5, 2]), SECOND: Fake([4, 1, 3, 3])}
    assert measure([FIRST, SECOND], engines.__getitem__) == {FIRST: 1.5, SECOND: 1}


@pytest.mark.usefixtures("timed")
def test_what_is_hopeless_is_timed_once():
    engines = {FIRST: Fake([1, 1, 1, 1]), SECOND: Fake([4.5])}
    assert measure([FIRST, SECOND], engines.__getitem__) == {FIRST: 1, SECOND: 4.5}


@pytest.mark.usefixtures("timed")
@pytest.mark.parametrize("choice", [SECOND, LOW])
def test_what_differs_more_than_its_precision_may_is_left_out(choice):
    for share, kept in ((0.9, True), (1.1, False)):
        engines = {FIRST: Fake([1] * 4), choice: Fake([1] * 4, share * TOLERANCE[choice.precision])}
        assert (choice in measure([FIRST, choice], engines.__getitem__)) is kept


@pytest.mark.usefixtures("timed")
def test_only_the_first_choice_has_to_start():
    def start(missing):
        def engine(choice):
            if choice == missing:
                raise DependencyError("is not installed.")
            return Fake([1] * 4)

        return engine

    assert measure([FIRST, SECOND], start(SECOND)) == {FIRST: 1}
    with pytest.raises(DependencyError):
        measure([FIRST, SECOND], start(FIRST))


def test_as_many_tiles_at_once_as_the_engine_has_streams():
    together = threading.Barrier(2)

    class Meeting(Fake):
        streams = 2

        def __call__(self, x):
            together.wait(10)
            sides.append(x.shape)
            return x

    sides: list[tuple[int, ...]] = []
    assert measuring._seconds(Meeting()) > 0
    assert len(set(sides)) == 1
    assert len(sides) == 2


@pytest.mark.parametrize(("channels", "side"), [(3, 40), (4, 128)])
def test_the_picture_is_full_of_values_and_always_the_same(channels, side):
    picture = measuring._picture(channels, side)
    assert picture.shape == (1, channels, side, side)
    assert picture.dtype == np.float32
    assert 0 <= picture.min() < 0.1
    assert 0.9 < picture.max() <= 1
    np.testing.assert_array_equal(picture, measuring._picture(channels, side))
