from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from opticalzoom.pairs.scenes.union_find import UnionFind

COUNT = 12


@given(st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=20))
def test_groups_are_the_connected_components_of_the_joins(joins):
    parts = UnionFind(COUNT)
    for first, second in joins:
        parts.join(first, second)
    rows, columns = zip(*joins, strict=True) if joins else ((), ())
    graph = coo_matrix(([1] * len(joins), (rows, columns)), shape=(COUNT, COUNT))
    count, labels = connected_components(graph, directed=False)
    expected = [[number for number in range(COUNT) if labels[number] == label] for label in range(count)]
    assert parts.groups() == sorted(expected)
