"""What a study remembers for its next run."""

from __future__ import annotations

import pytest

from opticalzoom.errors import ConfigError, OutputExistsError
from opticalzoom.evaluation.studies.settings import Settings


def test_settings_come_back_from_their_file(tmp_path):
    path = tmp_path / "out" / "study.json"
    assert Settings.load(path, "table2", "lite") == Settings("table2", "lite", None, None, {})
    assert not path.exists()
    settings = Settings("table2", "lite", steps=7, precision="bf16-mixed", seconds={"sdan": 0.25})
    settings.save(path)
    assert Settings.load(path, "table2", "lite") == settings
    settings.steps = 8
    settings.save(path)
    assert Settings.load(path, "table2", "lite").steps == 8


@pytest.mark.parametrize(("study", "size"), [("table1", "lite"), ("table2", "paper")])
def test_a_folder_of_another_study_or_size_is_refused(tmp_path, study, size):
    path = tmp_path / "study.json"
    Settings("table2", "lite").save(path)
    with pytest.raises(OutputExistsError, match=f"is of table2 at the size lite, not of {study} at {size}.*another -o"):
        Settings.load(path, study, size)


@pytest.mark.parametrize("content", ["", '{"study": "table2"}', "[]", '{"study": 3}'])
def test_damaged_settings_are_told(tmp_path, content):
    path = tmp_path / "study.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"study\.json: is damaged .*Choose another -o"):
        Settings.load(path, "table2", "lite")
