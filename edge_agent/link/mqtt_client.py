"""aiomqtt's client with the answers of the broker looked at.

aiomqtt 2.5 ignores the reason codes of PUBACK (0x87 "not authorized" looks like success) and of
SUBACK, and leaves a publish waiting when the connection breaks.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any

import aiomqtt
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge_agent.errors import Refused, Unreachable

logger = logging.getLogger(__name__)


class CheckedClient(aiomqtt.Client):
    """One connection. Make a new one for the next."""

    _answers: dict[int, asyncio.Future[ReasonCode]]

    async def subscribe_checked(self, topics: dict[str, int], spare: Collection[str] = ()) -> None:
        """Subscribe to topic filters, each with its QoS; of `spare` ones some may be refused.

        Raises:
            Refused: the broker refuses one of the others.
        """
        wanted = [(topic, SubscribeOptions(qos=qos)) for topic, qos in topics.items()]
        granted = await self.subscribe(wanted)
        for topic, code in zip(topics, granted, strict=True):
            if isinstance(code, ReasonCode) and code.is_failure:
                if topic in spare:
                    logger.info("the broker sends no %s: %s", topic, code)
                    continue
                raise Refused(f"the broker refuses to send {topic}: {code}")

    async def publish_checked(
        self, topic: str, body: bytes, *, qos: int, retain: bool, properties: Properties | None
    ) -> None:
        """Publish and wait for the broker's answer, for `timeout` seconds at most.

        At QoS 0 there is none; then for the system to have taken the message: what a link that is
        full does not take must not heap up here.

        Raises:
            Refused: the broker refuses it.
            Unreachable: the connection is broken, or no answer came.
        """
        info = self._client.publish(topic, body, qos, retain, properties)
        if info.rc != 0:
            raise Unreachable(f"the connection to the broker is gone (paho error {info.rc})")
        answers = self._pending_answers()
        answer = answers[info.mid] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.timeout):
                await asyncio.wait(
                    (answer, self._disconnected), return_when=asyncio.FIRST_COMPLETED
                )
        except TimeoutError:
            raise Unreachable("the broker did not answer in time") from None
        finally:
            answers.pop(info.mid, None)
        if not answer.done():
            raise Unreachable("the connection to the broker broke")
        # 0x10 "no matching subscribers" is not a failure: the outbox waits for the fleet's own ack.
        if answer.result().is_failure:
            raise Refused(f"the broker refuses {topic}: {answer.result()}")

    def abandon(self) -> None:
        """Close the socket of a connection that never was accepted; aiomqtt leaves it open."""
        if self._misc_task is not None:
            self._misc_task.cancel()
        opened = self._client.socket()
        if opened is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(opened.fileno())
            loop.remove_writer(opened.fileno())
            opened.close()

    def _pending_answers(self) -> dict[int, asyncio.Future[ReasonCode]]:
        if not hasattr(self, "_answers"):
            self._answers = {}
        return self._answers

    def _on_publish(
        self,
        client: PahoClient,
        userdata: Any,
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,
    ) -> None:
        answer = self._pending_answers().get(mid)
        if answer is not None and not answer.done():
            answer.set_result(reason_code)
        super()._on_publish(client, userdata, mid, reason_code, properties)
