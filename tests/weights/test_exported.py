"""What exported models say of themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opticalzoom.errors import CheckpointError
from opticalzoom.weights.contract import SCALES, Contract
from opticalzoom.weights.exported import Exported

contracts = st.builds(
    lambda scale, kind, reach: Contract(scale, kind, scale if kind == "resized" else 1, reach),
    st.sampled_from(SCALES),
    st.sampled_from(["rgb", "raw", "resized"]),
    st.integers(0, 200),
)


@given(contracts, st.integers(1, 10**6), st.sampled_from(["float32", "float16"]), st.sampled_from(["input", "target"]))
def test_a_description_comes_back(contract, needed, precision, white_balance):
    kept = white_balance if contract.input == "raw" else "input"
    exported = Exported(contract, needed, precision, kept)
    properties = exported.properties()
    assert all(isinstance(value, str) for value in properties.values())
    assert Exported.parse(properties, "a.onnx") == exported


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "another"}, "not exported by this version"),
        ({"scale": "five"}, "damaged description"),
        ({"scale": "5"}, "damaged description"),
        ({"layer_bytes": None}, "damaged description"),
        ({"layer_bytes": "9" * 5000}, "damaged description"),
        ({"layer_bytes": "1e9"}, "damaged description"),
        ({"layer_bytes": ["7"]}, "damaged description"),
        ({"receptive_field": "-1"}, "damaged description"),
        ({"receptive_field": "1000000"}, "damaged description"),
        ({"precision": "float8"}, "damaged description"),
        ({"white_balance": "none"}, "damaged description"),
        ({"input": {"a": 1}}, "damaged description"),
    ],
)
def test_damaged_descriptions(change, message):
    properties = {k: v for k, v in (Exported(Contract(3), 700).properties() | change).items() if v is not None}
    with pytest.raises(CheckpointError, match=message):
        Exported.parse(properties, "a.onnx")
