"""Three machine instructions that Python has no name for (trailing zeros, wide loads, prefetch), and `inner`.

None of them decides anything: results are the same without them, only slower.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.compiler import Flags
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import intrinsic

__all__ = ["inner", "load_eight", "prefetch", "trailing_zeros"]


_njit_inner = njit(cache=True, nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


class _QuickFlags(Flags):  # type: ignore[misc]
    """Compiler flags that remember their values: numba compares them tens of thousands of times a function."""

    __slots__ = ("_known",)

    def __init__(self, copy_from: Any = None) -> None:
        super().__init__(copy_from)
        self._known: Any = None

    def values(self) -> Any:
        """All options with their values, gathered again only after a change."""
        if self._known is None or self._known[0] != self._values:
            self._known = dict(self._values), super().values()
        return self._known[1]

    def __hash__(self) -> int:
        return _FLAGS_HASH

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other) is True


_FLAGS_HASH = hash(Flags())  # the same for all flags


def inner(function: Any) -> Any:
    """Decorate a function that only other kernels call.

    It has no doors for Python and C, which take long to compile, and is compiled once for all whole numbers given
    as an argument: numba compiles ``f(0)``, ``f(1)`` and, while it still guesses a loop variable's type, ``f(k)``
    each apart. (True and False stay apart: they choose a variant.)
    """
    compiled = _njit_inner(function)
    if not hasattr(compiled, "get_call_template"):  # compiling is switched off: a plain function
        return compiled
    template_of = compiled.get_call_template

    def one_for_all(arguments: Any, named: Any) -> Any:
        def plain(kind: Any) -> Any:
            return types.unliteral(kind) if isinstance(kind, types.IntegerLiteral) else kind

        return template_of(tuple(map(plain, arguments)), {name: plain(kind) for name, kind in named.items()})

    compiled.get_call_template = one_for_all
    compiled._compiler._customize_flags = _QuickFlags
    return compiled


@intrinsic
def prefetch(typing_context, array, position):  # type: ignore[no-untyped-def]
    """Ask for the cache line of ``array[position]`` (position unsigned; any value is harmless)."""
    signature = types.void(array, position)

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        struct = context.make_array(signature.args[0])(context, builder, arguments[0])
        offset = context.cast(builder, arguments[1], signature.args[1], types.uintp)
        byte = ir.IntType(8).as_pointer()
        flag = ir.IntType(32)
        address = builder.bitcast(builder.gep(struct.data, [offset]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [address, flag(0), flag(3), flag(1)])  # to read, keep near, data
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def load_eight(typing_context, array, position):  # type: ignore[no-untyped-def]
    """Eight bytes of a uint8 array from `position` (unsigned) on as one uint64, unaligned, unchecked."""
    signature = types.uint64(array, position)

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        struct = context.make_array(signature.args[0])(context, builder, arguments[0])
        offset = context.cast(builder, arguments[1], signature.args[1], types.uintp)
        address = builder.bitcast(builder.gep(struct.data, [offset]), ir.IntType(64).as_pointer())
        return builder.load(address, align=1)

    return signature, generate
