"""Public names of a generated package: how a user writes the path of an object."""

from typing import Any

import griffe


def below(path: str) -> str:
    """Return a path without the name of the package."""
    return path.partition(".")[2]


def target(obj: Any) -> Any:
    """Return what an alias refers to, or the object itself."""
    try:
        return obj.final_target if obj.is_alias else obj
    except (griffe.AliasResolutionError, griffe.CyclicAliasError):
        return obj


def find(root: griffe.Module, path: str) -> Any:
    """Return the object at a path below the package, or None."""
    try:
        return target(root[path])
    except (KeyError, griffe.AliasResolutionError, griffe.CyclicAliasError):
        return None


def public_path(obj: Any, root: griffe.Module) -> str:
    """Return the shortest public path of an object below its package, such as `AgentPlatform.get_dock_status`."""
    path = below(obj.path)
    *above, name = path.split(".")
    owner = obj.parent
    if owner is not None and owner.is_class:
        return f"{public_path(owner, root)}.{name}"
    for count in range(len(above)):
        shorter = ".".join([*(part for part in above[:count] if not part.startswith("_")), name])
        found = find(root, shorter)
        if found is not None and found.canonical_path == obj.canonical_path:
            return shorter
    return path
