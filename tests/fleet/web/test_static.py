"""Static files: kept long under their version, never stale without it."""

import pytest

from fleet.web import static
from tests.fleet.web.application import Application


def test_the_current_version_is_kept_for_a_year(application: Application) -> None:
    answer = application.client().get(static.address("lectern.css"))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("path", ["/static/lectern.css", "/static/v-0123456789/lectern.css"])
def test_other_addresses_are_asked_for_again(application: Application, path: str) -> None:
    client = application.client()
    answer = client.get(path)
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/../render.py", "/static/%2e%2e/render.py", "/static/v-1/../../render.py"]
)
def test_nothing_outside_the_folder(application: Application, path: str) -> None:
    assert application.client().get(path).status_code == 404


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        static.address("nothing.css")
    assert static.vendored("nothing.js") == ""
