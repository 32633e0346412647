from benchmarks.pages import addresses, measure, site, slowest


def test_every_page_is_asked_for_over_a_small_fleet() -> None:
    """Small: the figures themselves are for `make bench`."""
    with site(400) as made:
        results = {one.name: one for one in measure(made, 12)}
        kinds = addresses(made.rooms)

    assert len(made.rooms) > 10
    assert set(results) == {
        name for kind in kinds for name in (f"pages: {kind}", f"pages: {kind}, times bare")
    }
    for kind in kinds:
        assert 0 < results[f"pages: {kind}"].value < 2000
        assert results[f"pages: {kind}, times bare"].value > 0


def test_the_slowest_twentieth() -> None:
    assert slowest([float(n) for n in range(1, 101)]) == 95
    assert slowest([3.0]) == 3
