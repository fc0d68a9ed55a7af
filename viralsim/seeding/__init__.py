"""Whom to ask: centralities, degree discount, the picks of a scenario."""

from viralsim.seeding.centralities import core_number, degree_discount
from viralsim.seeding.pick import pick_people

__all__ = ["core_number", "degree_discount", "pick_people"]
