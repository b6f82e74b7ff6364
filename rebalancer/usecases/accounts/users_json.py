"""The people that are told, as JSON."""

from __future__ import annotations

from alerts.channels import named_addresses
from portfolios.model.users import Person


def person_to_json(person: Person) -> dict[str, object]:
    """Return who somebody is, how they are reached, and which portfolios they see."""
    return {
        "name": person.name,
        "role": person.role.value,
        **named_addresses(person),
        "timezone": person.timezone,
        "portfolios": list(person.portfolios),
        "is_group": person.is_group,
    }
