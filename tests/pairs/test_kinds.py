"""Names that the command line offers before anything is imported are those that sources take."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from opticalzoom.errors import PairError
from opticalzoom.pairs.kinds import CAMERAS, SourceName, Split
from opticalzoom.pairs.sources import open_source
from opticalzoom.photo.photograph import Photo, write_photo


@pytest.mark.parametrize("kind", get_args(SourceName))
def test_every_kind_of_source_can_be_asked_for(kind: SourceName, tmp_path: Path) -> None:
    with pytest.raises(PairError, match=str(tmp_path)):
        open_source(tmp_path, kind)


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_camera_of_city100_has_a_folder(camera: str, tmp_path: Path) -> None:
    for name in ("001L.PNG", "001H.PNG"):
        write_photo(tmp_path / f"City100_{camera}" / name, Photo(np.zeros((9, 9, 3), np.uint8)))
    assert open_source(tmp_path, "city100", camera=camera).all_names() == ["001"]


def test_splits_are_the_parts_and_all_of_them(tmp_path: Path) -> None:
    for number in range(40):
        write_photo(tmp_path / f"{number}.png", Photo(np.zeros((3, 3, 3), np.uint8)))
    source = open_source(tmp_path)
    parts = {split: source.names(split) for split in get_args(Split)}
    everything = parts.pop("all")
    assert sorted(chain(*parts.values())) == everything
