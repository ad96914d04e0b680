"""Groups of things of which some are known to belong together."""

from __future__ import annotations


class UnionFind:
    """Numbers from 0 on, each in a group of its own until groups are joined.

    >>> parts = UnionFind(4)
    >>> parts.join(0, 2)
    >>> parts.groups()
    [[0, 2], [1], [3]]
    """

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, number: int) -> int:
        """The least number of its group."""
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, first: int, second: int) -> None:
        """Make one group of the groups of both."""
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low

    def groups(self) -> list[list[int]]:
        """Every group in ascending order, by their least numbers."""
        groups: dict[int, list[int]] = {}
        for number in range(len(self._parent)):
            groups.setdefault(self.find(number), []).append(number)
        return list(groups.values())
