"""The order of tests on several workers: long ones first, so that none is left for the end."""

from itertools import groupby


def long_ones_first(items, workers):
    """Return the tests so that the share of each worker begins with files of slow tests.

    With `--dist worksteal` each worker gets an equal share of the tests, in one piece, and steals
    from the end of another's when it has done its own. The tests in a browser stay together, for
    they share a server and a browser; the other files are dealt out, and stay whole.
    """
    long = [[] for _ in range(workers)]
    short, dealt = [], 0
    for _, group in groupby(items, _unit):
        tests = list(group)
        if not any(test.get_closest_marker("slow") for test in tests):
            short += tests
        elif tests[0].get_closest_marker("browser"):
            long[0] += tests
        else:
            long[1 + dealt % (workers - 1)] += tests
            dealt += 1
    ordered = []
    for number, first in enumerate(long):
        share = (len(items) - len(ordered)) // (workers - number)
        rest = max(share - len(first), 0)
        ordered += [*first, *short[:rest]]
        del short[:rest]
    return [*ordered, *short]


def _unit(item):
    return "browser" if item.get_closest_marker("browser") else item.path
