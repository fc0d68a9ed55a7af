"""Machine instructions that Python has no name for (trailing zeros, wide loads, prefetch), `inner` and `inlined`.

None of them decides anything: results are the same without them, only slower.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba._dynfunc import make_function
from numba.core import cgutils
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, Flags
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering
from numba.cpython.unsafe.numbers import trailing_zeros
from numba.extending import intrinsic

__all__ = ["inlined", "inner", "load_eight", "prefetch", "trailing_zeros"]


class _InnerLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of an inner function with that of those it calls, neither optimised nor made executable.

    numba optimises each function's library together with all it calls, so that a function five calls deep is optimised
    five times. Only what Python calls needs to be: it is optimised once, with everything linked in.
    """

    def finalize(self) -> None:
        """Link what is called; leave the rest to the caller."""
        self._raise_if_finalized()
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        if not any(isinstance(library, _InnerLibrary) for library in self._linking_libraries):
            passes, builder = self._codegen._module_pass_manager()
            passes.run(self._final_module, builder)
        self._final_module.verify()
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _InnerLowering(NativeLowering):  # type: ignore[misc]
    """Lowering that makes code for other kernels only."""

    _name = "inner_lowering"

    def run_pass(self, state: Any) -> bool:
        """Lower; what stands for the function towards numba cannot be called."""
        context = state.targetctx
        state.library = _InnerLibrary(context.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]
        name = lowered.fndesc.qualname.split(".")[-1]
        stub = make_function(lowered.fndesc.lookup_module(), name, "", 0, lowered.env, (state.library,))
        context.insert_user_function(stub, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=stub)
        return True


class _InnerCompiler(CompilerBase):  # type: ignore[misc]
    """The compiler's usual passes with `_InnerLowering` as the last but one."""

    def define_pipelines(self) -> list[Any]:
        """The passes."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (_InnerLowering, text) if made is NativeLowering else (made, text) for made, text in passes.passes
        ]
        passes.finalize()
        return [passes]


_INNER = {"nogil": True, "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_njit_inner = njit(**_INNER, pipeline_class=_InnerCompiler)
_njit_inlined = njit(**_INNER, pipeline_class=_InnerCompiler, forceinline=True)


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
    return _for_all_numbers(_njit_inner(function))


def inlined(function: Any) -> Any:
    """As `inner`, and always made part of its caller: for what is done once per display, share or person.

    A call would save registers and look up every array again.
    """
    return _for_all_numbers(_njit_inlined(function))


def _for_all_numbers(compiled: Any) -> Any:
    """Make a dispatcher compile one variant for all whole numbers given as an argument."""
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
