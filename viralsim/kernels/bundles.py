"""Named groups of arrays that kernels get as one pointer, not as a thousand arguments.

numba hands a NamedTuple to a function field by field: seven or more arguments for each array, over a thousand for
the spreading engine's groups, in every call and every signature. Compiling them takes most of a first run, and
passing them copies kilobytes. A class marked `by_reference` is laid out once, where Python calls a kernel, and from
there on only its address is passed; ``bundle.field`` reads it. Fields cannot be set (what the arrays hold can), and a
bundle lives as long as the call.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from llvmlite import ir
from numba import types
from numba.core import cgutils, imputils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np import numpy_support

__all__ = ["Bundle", "by_reference"]

_Class = TypeVar("_Class", bound=type)


class Bundle(types.Type):  # type: ignore[misc]
    """Type of a NamedTuple whose class is marked `by_reference`."""

    def __init__(self, instance_class: type, field_types: tuple[Any, ...]) -> None:
        self.instance_class = instance_class
        self.field_types = field_types
        told = ", ".join(str(t) for t in field_types)
        super().__init__(f"{instance_class.__name__}_{hashlib.sha256(told.encode()).hexdigest()[:12]}")

    @property
    def key(self) -> tuple[type, tuple[Any, ...]]:
        """What tells two such types apart."""
        return self.instance_class, self.field_types

    def __hash__(self) -> int:
        """Of the name: numba asks hundreds of thousands of times, and the key holds all fields' types."""
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return self is other or super().__eq__(other) is True

    def position(self, field: str) -> int:
        """Position of a field, -1 if there is none of that name."""
        fields: tuple[str, ...] = self.instance_class._fields  # type: ignore[attr-defined]
        return fields.index(field) if field in fields else -1


def by_reference(cls: _Class) -> _Class:
    """Mark a NamedTuple class: kernels get its address.

    Examples
    --------
    >>> from typing import NamedTuple
    >>> import numpy as np
    >>> from numba import njit
    >>> @by_reference
    ... class Pair(NamedTuple):
    ...     values: np.ndarray
    ...     factor: int
    >>> @njit
    ... def scaled(pair, at):
    ...     return pair.values[at] * pair.factor
    >>> int(scaled(Pair(np.array([3, 4]), 10), 1))
    40
    """

    def type_of(value: Any, context: Any) -> Bundle:
        return Bundle(cls, tuple(typeof_impl(field, context) for field in value))

    typeof_impl.register(cls, type_of)
    return cls


@register_model(Bundle)
class _BundleModel(models.PrimitiveModel):  # type: ignore[misc]
    """Address of the fields as they lie in memory."""

    def __init__(self, manager: Any, bundle: Bundle) -> None:
        fields = [manager.lookup(t).get_value_type() for t in bundle.field_types]
        super().__init__(manager, bundle, ir.LiteralStructType(fields).as_pointer())


@infer_getattr
class _BundleFields(AttributeTemplate):  # type: ignore[misc]
    key = Bundle

    def generic_resolve(self, bundle: Bundle, field: str) -> Any:
        """Type of a field."""
        at = bundle.position(field)
        return bundle.field_types[at] if at >= 0 else None


def _load(builder: Any, place: Any) -> Any:
    """Load what nothing changes while kernels run, member by member: the compiler may then load it once and keep it."""
    kind = place.type.pointee
    if isinstance(kind, ir.LiteralStructType | ir.ArrayType):
        value = ir.Constant(kind, ir.Undefined)
        for member in range(len(kind)):
            part = _load(builder, cgutils.gep_inbounds(builder, place, 0, member))
            value = builder.insert_value(value, part, member)
        return value
    value = builder.load(place)
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


_ADDRESS_BYTES = 8
_sizes: dict[Any, int] = {}


def _size_of(context: Any, bundle: Bundle) -> int:
    """Bytes of a bundle where it lies in memory; finding it out takes LLVM a whole module."""
    if bundle not in _sizes:
        _sizes[bundle] = context.get_abi_sizeof(context.get_value_type(bundle).pointee)
    return _sizes[bundle]


def _load_array(context: Any, builder: Any, kind: Any, place: Any) -> Any:
    """Load an array in C order: where it begins and its shape, from which the rest follows.

    Whose memory it is nobody asks in a kernel: the caller holds the bundle.
    """
    model = context.data_model_manager[kind]

    def load(member: str, *path: int) -> Any:
        return _load(
            builder, cgutils.gep_inbounds(builder, place, 0, model.get_field_position(member), *path)
        )

    data, shape = load("data"), [load("shape", axis) for axis in range(kind.ndim)]
    item_size = context.get_constant(types.intp, numpy_support.as_dtype(kind.dtype).itemsize)
    sizes = [item_size]  # of an item, a row, ..., everything
    nitems = shape[-1]
    for length in shape[:0:-1]:
        sizes.insert(0, builder.mul(sizes[0], length))
    for length in shape[:-1]:
        nitems = builder.mul(nitems, length)
    members = {
        "nitems": nitems,
        "itemsize": item_size,
        "data": data,
        "shape": cgutils.pack_array(builder, shape),
        "strides": cgutils.pack_array(builder, sizes),
    }
    value = ir.Constant(place.type.pointee, None)
    for member, part in members.items():
        value = builder.insert_value(value, part, model.get_field_position(member))
    return value


@lower_getattr_generic(Bundle)  # type: ignore[untyped-decorator]
def _get_field(context: Any, builder: Any, bundle: Bundle, address: Any, field: str) -> Any:
    """Load a field."""
    for argument in builder.function.args:
        if argument.type == address.type and not argument.attributes.dereferenceable:
            # so that it may be loaded before it is known to be wanted
            argument.attributes.dereferenceable = _size_of(context, bundle)
            argument.attributes.align = _ADDRESS_BYTES
    at = bundle.position(field)
    place, kind = cgutils.gep_inbounds(builder, address, 0, at), bundle.field_types[at]
    if isinstance(kind, types.Array) and kind.layout == "C":
        return imputils.impl_ret_borrowed(context, builder, kind, _load_array(context, builder, kind, place))
    value = _load(builder, place)
    if isinstance(bundle.field_types[at], Bundle):  # a bundle in a bundle
        size = ir.Constant(ir.IntType(64), _size_of(context, kind))
        value.set_metadata("dereferenceable", builder.module.add_metadata([size]))
    return imputils.impl_ret_borrowed(context, builder, bundle.field_types[at], value)


@unbox(Bundle)  # type: ignore[untyped-decorator]
def _unbox_bundle(bundle: Bundle, instance: Any, c: Any) -> Any:
    """Lay the fields out on the stack of the door through which Python calls."""
    builder, context = c.builder, c.context
    struct = cgutils.alloca_once(builder, context.get_value_type(bundle).pointee)
    failed = cgutils.alloca_once_value(builder, cgutils.false_bit)
    cleanups = []
    for at, kind in enumerate(bundle.field_types):
        native = c.unbox(kind, c.pyapi.tuple_getitem(instance, at))
        with builder.if_then(native.is_error, likely=False):
            builder.store(cgutils.true_bit, failed)
        builder.store(native.value, cgutils.gep_inbounds(builder, struct, 0, at))
        if native.cleanup is not None:
            cleanups.append(native.cleanup)

    def clean() -> None:
        for cleanup in reversed(cleanups):
            cleanup()
        if context.enable_nrt:  # numba gives back what it sees in an argument; fields it does not see
            for at, kind in enumerate(bundle.field_types):
                context.nrt.decref(builder, kind, builder.load(cgutils.gep_inbounds(builder, struct, 0, at)))

    # Past this line the compiler no longer knows what was stored here, nor may it move a load before it.
    kind = ir.FunctionType(struct.type, [struct.type])
    address = builder.asm(kind, "", "=r,0,~{memory}", [struct], True)
    return NativeValue(address, cleanup=clean, is_error=builder.load(failed))
