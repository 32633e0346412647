import shutil

import pytest

from benchmarks.upload import measure


def test_an_upload_is_measured_against_nginx_and_has_its_receipt() -> None:
    """Small: the figures themselves are for `make bench`."""
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin") or not shutil.which("curl"):
        pytest.skip("not installed: nginx or curl (`make setup-test` installs them)")

    ratio, memory = measure(16, 1)

    assert (ratio.name, memory.name) == ("upload", "upload_memory")
    assert ratio.value > 0
    assert "nginx" in ratio.against
    assert -8 < memory.value < 512
