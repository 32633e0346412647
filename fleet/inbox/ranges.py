"""Sets of sequence numbers as sorted inclusive ranges. Pure."""

from collections.abc import Iterable

Range = tuple[int, int]


def of(numbers: Iterable[int]) -> list[Range]:
    """The ranges that hold exactly these numbers."""
    return merged((number, number) for number in numbers)


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers in ranges that neither overlap nor touch, in order."""
    result: list[Range] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def holds(ranges: Iterable[Range], number: int) -> bool:
    """Whether one of `ranges` holds `number`."""
    return any(first <= number <= last for first, last in ranges)
