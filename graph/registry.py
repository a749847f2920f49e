"""All node types, found in the folder `graph/nodes` and in installed plug-ins.

A distribution adds types with entry points in the group `composer_autopilot.nodes`, each naming a
`NodeSpec`. Anything broken stops the program with a `RegistryError` that names the file.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import graph.nodes
from graph.errors import RegistryError
from graph.ports import PORT_TYPES
from graph.problems import Problem, clip, nearest
from graph.spec import NodeData, NodeSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.metadata import EntryPoint
    from types import ModuleType

    from graph.ports import Port

ENTRY_POINT_GROUP: Final = "composer_autopilot.nodes"

# The palette's order: what comes in, what transforms, what goes out.
_CATEGORY_ORDER: Final = ("Inputs", "AI", "Logic", "Output", "Notes")
_TYPE_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOST_NAMED: Final = 4
"""Types that are named where none is like the one that was asked for: the catalogue is a call away."""
_PORT_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def discover(package: ModuleType = graph.nodes, plugins: Iterable[EntryPoint] | None = None) -> dict[str, NodeSpec]:
    """Every node type by its name, in palette order.

    Raises:
        RegistryError: a file has no `SPEC`, is misnamed, contradicts itself, or two types share a name.
    """
    found = list(_built_in(package))
    found += _from_plugins(entry_points(group=ENTRY_POINT_GROUP) if plugins is None else plugins)
    specs: dict[str, NodeSpec] = {}
    origins: dict[str, str] = {}
    for origin, spec in found:
        _check(spec, origin)
        for name in (spec.type, *spec.type_aliases):
            if name in origins:
                message = f"{origin}: node type {name!r} is already taken by {origins[name]}"
                raise RegistryError(message)
            origins[name] = origin
        specs[spec.type] = spec
    return dict(sorted(specs.items(), key=lambda item: _CATEGORY_ORDER.index(item[1].category)))


def _built_in(package: ModuleType) -> Iterator[tuple[str, NodeSpec]]:
    for info in pkgutil.iter_modules(package.__path__):
        origin = f"{package.__path__[0]}/{info.name}.py"
        try:
            module = importlib.import_module(f"{package.__name__}.{info.name}")
        except Exception as error:
            message = f"{origin}: cannot be imported: {error!r}"
            raise RegistryError(message) from error
        spec = getattr(module, "SPEC", None)
        if not isinstance(spec, NodeSpec):
            message = f"{origin}: must define SPEC = NodeSpec(...)"
            raise RegistryError(message)
        if info.name != spec.type.replace("-", "_"):
            message = f"{origin}: declares type {spec.type!r}, so the file must be {spec.type.replace('-', '_')}.py"
            raise RegistryError(message)
        yield origin, spec


def _from_plugins(plugins: Iterable[EntryPoint]) -> Iterator[tuple[str, NodeSpec]]:
    for plugin in sorted(plugins, key=lambda entry: (entry.name, entry.value)):
        origin = f"plug-in {plugin.name!r} ({plugin.value})"
        try:
            spec = plugin.load()
        except Exception as error:
            message = f"{origin}: cannot be loaded: {error!r}"
            raise RegistryError(message) from error
        if not isinstance(spec, NodeSpec):
            message = f"{origin}: must name a NodeSpec, not {type(spec).__name__}"
            raise RegistryError(message)
        yield origin, spec


def _check(spec: NodeSpec, origin: str) -> None:
    for fault in _faults(spec):
        message = f"{origin}: {fault}"
        raise RegistryError(message)


def _faults(spec: NodeSpec) -> Iterator[str]:
    if not _is_data_model(spec.data):
        yield "data must be a subclass of NodeData"
        return
    if spec.category not in _CATEGORY_ORDER:
        yield f"category {spec.category!r} is not one of {', '.join(_CATEGORY_ORDER)}"
    if not _TYPE_NAME.fullmatch(spec.type):
        yield f"type {spec.type!r} is not made of lower-case words joined by -"
    yield from _port_faults(spec)
    yield from _name_faults(spec)
    yield from _data_faults(spec)


def _is_data_model(model: object) -> bool:
    return isinstance(model, type) and issubclass(model, NodeData)


def _port_faults(spec: NodeSpec) -> Iterator[str]:
    for side, ports in (("input", spec.inputs), ("output", spec.outputs)):
        if len({port.id for port in ports}) != len(ports):
            yield f"two {side} ports share an id"
        for port in ports:
            if not _PORT_ID.fullmatch(port.id):
                yield f"{side} {port.id!r} is not a handle id of letters, digits, - and _"
            if port.type not in PORT_TYPES:
                yield f"{side} {port.id!r} has type {port.type!r}, which is not one of {', '.join(PORT_TYPES)}"
            if port.inline is not None and port.inline not in spec.fields:
                yield f"{side} {port.id!r} names the inline field {port.inline!r}, which the data model does not have"


def _name_faults(spec: NodeSpec) -> Iterator[str]:
    """Names of ports and fields that lead nowhere."""
    for what, names, known in (
        ("default_input", [spec.default_input], spec.input_ports),
        ("default_output", [spec.default_output], spec.output_ports),
        ("input_aliases", spec.input_aliases.values(), spec.input_ports),
        ("output_aliases", spec.output_aliases.values(), spec.output_ports),
        ("field_aliases", spec.field_aliases.values(), spec.fields),
        ("legacy_fields", spec.legacy_fields.values(), spec.fields),
    ):
        for name in names:
            if name is not None and name not in known:
                yield f"{what} {name!r} is not {'a field' if known is spec.fields else 'a port'}"


def _data_faults(spec: NodeSpec) -> Iterator[str]:
    overlap = spec.runtime & set(spec.fields)
    if overlap:
        yield f"{', '.join(sorted(overlap))} cannot be both a field and run-time state"
    for name, value in (("defaults", spec.defaults), ("example", spec.example)):
        try:
            spec.data.model_validate(dict(value))
        except ValueError as error:
            yield f"{name} is not valid data: {error}"
    if set(spec.defaults) != set(spec.required_fields):
        yield f"defaults must hold the required fields and no others: {', '.join(spec.required_fields)}"


NODE_SPECS: Final[Mapping[str, NodeSpec]] = MappingProxyType(discover())
"""Type → its declaration."""

VALID_NODE_TYPES: Final[tuple[str, ...]] = tuple(NODE_SPECS)

NODE_REQUIRED_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {name: spec.required_fields for name, spec in NODE_SPECS.items()}
)
"""Type → the keys of `data` that must be there."""

NODE_INPUT_HANDLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {name: tuple(spec.input_ports) for name, spec in NODE_SPECS.items()}
)
"""Type → the ids that `targetHandle` may have."""

NODE_PORT_SCHEMAS: Final[Mapping[str, Mapping[str, tuple[Port, ...]]]] = MappingProxyType(
    {name: MappingProxyType({"inputs": spec.inputs, "outputs": spec.outputs}) for name, spec in NODE_SPECS.items()}
)
"""Type → its ports, `inputs` and `outputs`."""

TYPE_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {alias: name for name, spec in NODE_SPECS.items() for alias in spec.type_aliases}
)
"""Old type name → present one."""


def find_spec(type_name: str) -> NodeSpec | None:
    """The declaration of a type, also under an old name."""
    return NODE_SPECS.get(TYPE_ALIASES.get(type_name, type_name))


def unknown_type(type_name: object, path: str) -> Problem:
    """The problem of a type that does not exist, with the one that was meant or a few that there are."""
    near = nearest(type_name, [*NODE_SPECS, *TYPE_ALIASES])
    hint = TYPE_ALIASES.get(near, near) if near else f"{', '.join(VALID_NODE_TYPES[:_MOST_NAMED])} … (listNodeTypes)"
    return Problem(code="unknown-node-type", path=path, message=f"there is no node type {clip(type_name)}", hint=hint)
