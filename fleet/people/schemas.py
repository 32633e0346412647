"""JSON of people."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from fleet.auth.rules import Role
from fleet.people.service import Person

UnitId = Annotated[str | None, Field(max_length=36)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RoleIn(_Input):
    """A role to give; without a unit, over the whole organisation."""

    role: Role
    unit_id: UnitId = None


class PersonIn(RoleIn):
    """Somebody to add. The staff of the unit look after them."""

    email: Annotated[str, Field(max_length=254)]
    name: Annotated[str, Field(max_length=200)]
    language: Annotated[str, Field(max_length=8)] = ""


class RoleOut(BaseModel):
    """A role that somebody has; `unit_id` None is the whole organisation."""

    id: str
    role: str
    unit_id: str | None


class PersonOut(BaseModel):
    """Somebody with an account."""

    id: str
    email: str
    name: str
    language: str
    state: Literal["active", "invited", "disabled"]
    created_at: datetime
    roles: list[RoleOut]

    @classmethod
    def of(cls, one: Person) -> Self:
        """From the row and its roles."""
        return cls.model_validate(
            {
                "id": one.user.id,
                "email": one.user.email,
                "name": one.user.name,
                "language": one.user.language,
                "state": one.state,
                "created_at": one.user.created_at,
                "roles": [
                    {"id": row.id, "role": row.role, "unit_id": unit.id if unit else None}
                    for row, unit in one.roles
                ],
            }
        )


class PeopleOut(BaseModel):
    """Some people by name; ask on with `after=next` while there is a `next`."""

    people: list[PersonOut]
    next: str


class InvitedOut(BaseModel):
    """A person and the link with which they choose a password. It is shown this once."""

    person: PersonOut
    link: str
