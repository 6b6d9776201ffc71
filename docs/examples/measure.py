# measure.py EXPERIMENT: runs it on its mock server by way of libweir, and prints each variant's accuracy.
import ctypes
import sys

weir = ctypes.CDLL("libweir.so.0")
for name in ("options_new", "load", "run_new", "run_report", "report_render"):
    getattr(weir, "weir_" + name).restype = ctypes.c_void_p
weir.weir_report_variant.restype = ctypes.c_void_p
pointer, text = ctypes.c_void_p, ctypes.c_char_p


class Cell(ctypes.Structure):  # as far as it is needed: it grows at its end
    _fields_ = [("variant", text), ("sample", text), ("trial", ctypes.c_int64), ("status", text)]


class Variant(ctypes.Structure):
    _fields_ = [("name", text), ("pattern", text)] + [
        (name, ctypes.c_uint64) for name in ("cells", "finished", "errors", "scored", "correct")
    ] + [(name, ctypes.c_double) for name in ("accuracy", "accuracy_low", "accuracy_high")]


@ctypes.CFUNCTYPE(ctypes.c_int, pointer, ctypes.POINTER(Cell))
def cell_ended(_, cell):
    print(cell.contents.variant.decode(), cell.contents.sample.decode(), file=sys.stderr)
    return 0


options = pointer(weir.weir_options_new())
weir.weir_options_set(options, b"mock", b"true", None)
experiment = pointer(weir.weir_load(sys.argv[1].encode(), options, None))
if not experiment:
    sys.exit("the experiment has mistakes: see weir check")
run = pointer(weir.weir_run_new(experiment))
weir.weir_run_on_cell(run, cell_ended, None)
status = weir.weir_run_execute(run, None)
report = pointer(weir.weir_run_report(run, None))
if not report:
    sys.exit(f"the run has no results (status {status}): see weir run --mock")
i = 0
while variant := ctypes.cast(weir.weir_report_variant(report, ctypes.c_size_t(i)), ctypes.POINTER(Variant)):
    v = variant.contents
    print(f"{v.name.decode()}: {v.accuracy:.4f} [{v.accuracy_low:.4f}, {v.accuracy_high:.4f}]")
    i += 1
sys.exit(status)
