"""Six languages: chosen as the reader wishes, and complete."""

import re

import pytest
from babel.messages.catalog import Catalog

from fleet.orgs.models import OrgUnit
from fleet.web import catalogues
from fleet.web.language import LANGUAGES, choose, speaking, unit_name
from tests.fleet.web.application import Application

PLACE = re.compile(r"%\(\w+\)s")
ALIKE = {
    "es": "No|Roles|Webhooks",
    "fr": "Code|Description|Menu|Minutes|Organisation|Pause|Position|Sources|Type|Webhooks"
    "|%(count)s minute|version %(version)s",
}
"""Words that a language shares with English."""


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """Every text of the program that is to be translated."""
    return catalogues.extract()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_lacks_words(texts: Catalog, language: str) -> None:
    known = catalogues.read(language)
    assert len(texts) > 150
    missing = [
        text.id
        for text in texts
        if text.id and (text.id not in known or not catalogues.complete(known[text.id]))
    ]
    assert missing == []
    gone = [message.id for message in known if message.id and message.id not in texts]
    assert gone == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_for_values_are_kept(language: str) -> None:
    for message in catalogues.read(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        expected = set(PLACE.findall(ids[-1]))
        for form in forms:
            found = set(PLACE.findall(form))
            assert found == expected or (len(ids) > 1 and found < expected), message.id


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_translations_are_not_the_english_text(texts: Catalog, language: str) -> None:
    known = catalogues.read(language)
    same = [text.id for text in texts if text.id and known[text.id].string == text.id]
    words = {text if isinstance(text, str) else text[0] for text in same}
    assert words <= set(ALIKE.get(language, "").split("|"))


@pytest.mark.parametrize(
    ("language", "count", "says"),
    [
        ("ar", 2, "دقيقتان"),
        ("ar", 5, "5 دقائق"),
        ("ar", 45, "45 دقيقة"),
        ("ru", 1, "1 минута"),
        ("ru", 3, "3 минуты"),
        ("ru", 45, "45 минут"),
        ("fr", 0, "0 minute"),
        ("zh", 45, "45 分钟"),
        ("en", 1, "1 minute"),
        ("en", 45, "45 minutes"),
    ],
)
def test_plurals(language: str, count: int, says: str) -> None:
    found = catalogues.translations(language).ngettext(
        "%(count)s minute", "%(count)s minutes", count
    )
    assert found % {"count": count} == says


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "chosen"),
    [
        ("", None, "", "en"),
        ("", None, "fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("", None, "de, ru;q=0.4, es;q=0.7", "es"),
        ("", None, "zh-Hant-TW", "zh"),
        ("", "ar", "fr", "ar"),
        ("lang=ru&x=1", "ar", "fr", "ru"),
        ("lang=xx", "yy", "de;q=x,*;q=0.1", "en"),
    ],
)
def test_choice(query: str, cookie: str | None, accept: str, chosen: str) -> None:
    assert choose(query, cookie, accept) == chosen


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_it_and_remembers(application: Application, language: str) -> None:
    client = application.client()
    page = client.get(f"/sign-in?lang={language}")
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page.text
    assert page.headers["content-language"] == language
    again = client.get("/welcome")
    assert f'<html lang="{language}"' in again.text


def test_errors_speak_it_too(application: Application) -> None:
    answer = application.client().get("/api/v1/session", headers={"accept-language": "fr"})
    assert answer.json()["error"]["message"] == "Connectez-vous d’abord."


def test_a_country_is_named_in_the_readers_language_or_as_staff_named_it() -> None:
    kenya = OrgUnit(kind="country", name="Kenya", iso2="KE")
    own = OrgUnit(kind="country", name="The Republic", iso2="KE")
    institution = OrgUnit(kind="institution", name="Kenya", iso2="")
    said = {}
    for code in LANGUAGES:
        with speaking(code):
            said[code] = unit_name(kenya)
            assert (unit_name(own), unit_name(institution)) == ("The Republic", "Kenya")
    assert said == {
        "ar": "كينيا", "zh": "肯尼亚", "en": "Kenya", "fr": "Kenya", "ru": "Кения", "es": "Kenia"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arabic", "french"),
    [
        ("Africa", "أفريقيا", "Afrique"),
        ("Asia", "آسيا", "Asie"),
        ("Southern Africa", "أفريقيا الجنوبية", "Afrique australe"),
        ("East Africa", "شرق أفريقيا", "Afrique orientale"),
        ("Region", "منطقة", "Région"),
        ("Partners", "Partners", "Partners"),
    ],
)
def test_a_region_of_the_world_is_named_in_the_readers_language(
    name: str, arabic: str, french: str
) -> None:
    region = OrgUnit(kind="region", name=name, iso2="")
    institution = OrgUnit(kind="institution", name=name, iso2="")
    assert unit_name(region) == name
    with speaking("fr"):
        assert (unit_name(region), unit_name(institution)) == (french, name)
    with speaking("ar"):
        assert unit_name(region) == arabic
