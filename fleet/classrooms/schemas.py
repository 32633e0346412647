"""JSON in and out of the enrolment routes: the pydantic twins of `contract.http`."""

from typing import Annotated, Self

from pydantic import BaseModel, Field

from fleet.classrooms.enrolment import Enrolled

Pem = Annotated[str, Field(max_length=16_384)]


class EnrolIn(BaseModel):
    """`claim` is the one-time token of a room; `csr` is PEM, P-256."""

    claim: Annotated[str, Field(max_length=256)]
    csr: Pem


class RenewIn(BaseModel):
    """A new signing request; the bearer token proves the old key."""

    csr: Pem


class EnrolmentOut(BaseModel):
    """An identity: certificates are PEM, leaf first."""

    agent: str
    certificate: str
    authorities: str
    mqtt_host: str
    mqtt_port: int
    http_url: str

    @classmethod
    def of(cls, made: Enrolled, authorities: str, broker: tuple[str, int], url: str) -> Self:
        """Put an identity together with where to use it."""
        return cls(
            agent=made.agent,
            certificate=made.certificate,
            authorities=authorities,
            mqtt_host=broker[0],
            mqtt_port=broker[1],
            http_url=url,
        )
