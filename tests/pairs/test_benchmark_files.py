"""Sets of misaligned pairs from Python: every pair is seen once, and a check tells which file was changed."""

from __future__ import annotations

import pytest
from trainings import write_photos

from opticalzoom.errors import PairError
from opticalzoom.pairs import benchmark_files
from opticalzoom.pairs.benchmark_files import check_sets, summary, write_sets
from opticalzoom.pairs.benchmark_set import pair_sets
from opticalzoom.pairs.sources import open_source


def test_pairs_are_written_seen_and_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark_files, "run_here", lambda function, jobs, workers, lost: map(function, jobs))
    (tmp_path / "photos").mkdir()
    source = open_source(write_photos(tmp_path / "photos", 48), "simulated", scale=3)
    sets = pair_sets([(2.0, 0.0)], [0.0], ["none"], seed=0)
    seen, totals = [], []

    def watch(pairs, total):
        totals.append(total)
        for written in pairs:
            seen.append((written.job.pairs.name, written.job.name))
            yield written

    out = tmp_path / "out"
    manifests = write_sets(source, sets, out, watch=watch)
    expected = {(pairs.name, name) for pairs in sets for name in source.names(pairs.split)}
    assert set(seen) == expected
    assert totals == [len(seen)] == [len(expected)]
    assert [found for _, _, found in check_sets(out)] == [[]] * len(sets)
    again = write_sets(source, sets, out, watch=watch)
    assert {pairs: found["pairs"] for pairs, found in again.items()} == {
        pairs: found["pairs"] for pairs, found in manifests.items()
    }
    assert len(seen) == len(expected)  # none was written again

    changed = next((out / "test" / "y").iterdir())
    changed.unlink()
    wrong = {folder.relative_to(out).as_posix(): found for folder, _, found in check_sets(out) if found}
    assert list(wrong) == ["test"]
    assert str(changed) in wrong["test"][0]
    count = len(source.names("test"))
    assert summary(manifests[sets[0]]).startswith(f"{count} of {count} pairs, fingerprint ")


def test_a_folder_without_sets_is_no_benchmark(tmp_path):
    with pytest.raises(PairError, match=r"holds no manifest\.json"):
        list(check_sets(tmp_path))
