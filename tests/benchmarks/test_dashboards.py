from benchmarks.dashboards import measure


def test_an_update_is_the_same_for_one_page_and_for_forty() -> None:
    """Few: the figures themselves are for `make bench`."""
    shown = measure(40, 300)

    assert shown.pages == 40
    assert (shown.statements, shown.alone) == (1, 1)
    assert shown.memory - shown.before < 40
    assert 0 < shown.seconds < 20
