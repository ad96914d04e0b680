from __future__ import annotations

import threading
from contextlib import closing

import pytest

from opticalzoom.parallel.pipeline import ahead, at_once


@pytest.mark.parametrize("most", [1, 3])
@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_all_items_in_order(count, most):
    assert list(ahead(range(count), most)) == list(range(count))


def test_the_next_item_is_made_meanwhile_and_no_further_one():
    made, second = [], threading.Event()

    def items():
        for number in range(9):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with closing(ahead(items())) as stream:
        assert next(stream) == 0
        assert second.wait(10)
    assert made == [0, 1]


def test_errors_come_where_their_item_would_have_come():
    def items():
        yield 1
        raise ValueError("two")

    stream = ahead(items())
    assert next(stream) == 1
    with pytest.raises(ValueError, match="two"):
        next(stream)


def test_closing_ends_the_thread_and_closes_the_source():
    closed = []

    def items():
        try:
            yield from range(99)
        finally:
            closed.append(True)

    threads = threading.active_count()
    stream = ahead(items(), 2)
    next(stream)
    assert threading.active_count() == threads + 1
    stream.close()
    assert threading.active_count() == threads
    assert closed == [True]


@pytest.mark.parametrize(("threads", "most"), [(1, 1), (3, 1), (2, 9)])
@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_results_in_order(count, threads, most):
    assert list(at_once(str, range(count), threads, most)) == [str(number) for number in range(count)]


def test_as_many_at_once_as_there_are_threads():
    together = threading.Barrier(3)  # which breaks unless three wait at once

    def meet(number):
        together.wait(10)
        return number

    assert list(at_once(meet, range(6), 3)) == list(range(6))


def test_what_goes_wrong_is_raised_and_ends_all():
    closed = []

    def items():
        try:
            yield from (1, 0, 1, 1)
        finally:
            closed.append(True)

    threads = threading.active_count()
    stream = at_once(lambda number: 1 // number, items(), 2)
    assert next(stream) == 1
    with pytest.raises(ZeroDivisionError):
        next(stream)
    assert threading.active_count() == threads
    assert closed == [True]
