"""Threads that start together, and threads that go on in the background."""

import threading
from contextlib import contextmanager


def together(functions):
    """Calls every function at the same moment; their results in order. The first exception of
    any of them is raised here."""
    functions = list(functions)
    barrier = threading.Barrier(len(functions))
    results, errors = [None] * len(functions), []

    def run(index, function):
        try:
            barrier.wait(60)
            results[index] = function()
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run, args=pair, daemon=True)
               for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads), "a thread is stuck"
    return results


@contextmanager
def meanwhile(*functions):
    """Runs function(stop_event) in the background; the block's end stops and joins them. What
    they raise is raised at the end."""
    stop, errors = threading.Event(), []

    def run(function):
        try:
            function(stop)
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(f,), daemon=True) for f in functions]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    if errors:
        raise errors[0]
    assert not any(thread.is_alive() for thread in threads), "a background thread is stuck"
