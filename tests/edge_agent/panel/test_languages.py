"""Six languages: chosen as the reader wishes, and complete."""

import re

import pytest
from babel.messages.catalog import Catalog

from edge_agent.panel import catalogues
from edge_agent.panel.language import LANGUAGES, choose
from edge_agent.panel.screen import input_name
from edge_agent.room.alarm_texts import TEXTS
from tests.edge_agent.panel.served import Visitor

PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")
TRANSLATED = sorted(set(LANGUAGES) - {"en"})


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """Every text of the page that is to be translated."""
    return catalogues.extract()


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_text_lacks_words(texts: Catalog, language: str) -> None:
    known = catalogues.read(language)
    assert len(texts) > 180
    missing = [
        text.id
        for text in texts
        if text.id and (text.id not in known or not catalogues.complete(known[text.id]))
    ]
    assert missing == []
    gone = [message.id for message in known if message.id and message.id not in texts]
    assert gone == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_bringing_a_catalogue_up_to_date_changes_nothing(language: str) -> None:
    before = catalogues.path(language).read_bytes()
    try:
        assert catalogues.update(language) == []
        assert catalogues.path(language).read_bytes() == before
    finally:
        catalogues.path(language).write_bytes(before)


def test_alarms_and_reasons_are_among_them(texts: Catalog) -> None:
    for what, todo in TEXTS.values():
        assert what in texts
        assert todo in texts
    assert "Another lesson follows at once." in texts


@pytest.mark.parametrize("language", TRANSLATED)
def test_places_for_values_are_kept(language: str) -> None:
    for message in catalogues.read(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        expected = set(PLACE.findall(ids[-1]))
        for form in forms:
            found = set(PLACE.findall(form))
            assert found == expected or (len(ids) > 1 and found < expected), message.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_are_not_the_english_text(texts: Catalog, language: str) -> None:
    known = catalogues.read(language)
    same = [text.id for text in texts if text.id and known[text.id].string == text.id]
    assert len(same) <= 6, same  # "Source", "Pause" and "min" are French, too


@pytest.mark.parametrize(
    ("query", "cookie", "chosen"),
    [("", None, "ru"), ("", "ar", "ar"), ("lang=zh&x=1", "ar", "zh"), ("lang=xx", "yy", "ru")],
)
def test_choice(query: str, cookie: str | None, chosen: str) -> None:
    assert choose(query, cookie, "ru") == chosen


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_it_and_remembers(visitor: Visitor, language: str) -> None:
    direction = "rtl" if language == "ar" else "ltr"
    start = f'<html lang="{language}" dir="{direction}">'
    assert start in visitor.see(f"/?lang={language}")
    assert start in visitor.see("/")


def test_refusals_and_reasons_speak_it_too(visitor: Visitor) -> None:
    visitor.see("/?lang=fr")
    answer = visitor.send("/lesson/pause", {"accept": "application/json"})
    assert answer.json()["why"] == "Rien n’est enregistré."
    assert "Cette page n’existe pas." in visitor.client.get("/nowhere").text


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("hdmi1", "HDMI 1"),
        ("type_c", "Type C"),
        ("ops", "OPS"),
        ("display_port2", "Display Port 2"),
        ("hdmi12", "HDMI 12"),
    ],
)
def test_inputs_are_written_as_people_write_them(name: str, written: str) -> None:
    assert input_name(name) == written
