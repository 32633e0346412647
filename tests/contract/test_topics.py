"""Topics say whose they are, and nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import topics


@given(st.from_regex(r"[a-z0-9-]{1,48}", fullmatch=True).filter(topics.is_agent_id))
def test_a_topic_names_its_agent_and_channel(agent: str) -> None:
    assert topics.parse(topics.topic(agent, "event")) == (agent, "event")


@pytest.mark.parametrize("agent", ["", "Room", "a/b", "+", "#", "fleet", "x" * 49, "ü", "a\n"])
def test_what_is_not_an_agent_id_gets_no_topic(agent: str) -> None:
    with pytest.raises(ValueError, match="agent id"):
        topics.topic(agent, "event")


@pytest.mark.parametrize(
    "text", ["", "event", "lectern/v1/fleet/state", "lectern/v2/a/event", "lectern/v1//event"]
)
def test_other_topics_are_nobodys(text: str) -> None:
    assert topics.parse(text) is None
