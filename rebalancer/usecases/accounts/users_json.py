"""The people that are told, as JSON."""

from __future__ import annotations

from portfolios.model.users import Person


def person_to_json(person: Person) -> dict[str, object]:
    """Return who somebody is, how they are reached, and which portfolios they see."""
    return {
        "name": person.name,
        "role": person.role.value,
        "email": person.email,
        "chat": person.chat,
        "timezone": person.timezone,
        "portfolios": list(person.portfolios),
        "is_group": person.is_group,
    }
