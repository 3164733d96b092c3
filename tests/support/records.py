"""Records of a package: its dataclasses, and which of them anything can change."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from types import ModuleType


def records(package: ModuleType) -> list[type]:
    """Return the dataclasses that the modules of a package define."""
    names = [one.name for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    found = []
    for name in names:
        for value in vars(importlib.import_module(name)).values():
            if dataclasses.is_dataclass(value) and value.__module__ == name:
                found.append(value)
    return found


def changeable(package: ModuleType) -> set[str]:
    """Return the names of records whose attributes can be set, or that take others."""
    return {
        one.__name__
        for one in records(package)
        if not one.__dataclass_params__.frozen or "__slots__" not in vars(one)
    }
