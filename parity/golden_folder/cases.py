"""Writing of a case."""

import json

import numpy as np
from safetensors.numpy import save_file

from golden_folder.settings import ARGUMENTS


def write_case(name, sidecar, given=None, expected=None):
    """`given` tensors are inputs; `expected` are compared: floats with a tolerance, others exactly."""
    path = ARGUMENTS.folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    stored, infos = {}, {}
    for key, value in {**(given or {}), **(expected or {})}.items():
        value = np.asarray(value)
        infos[key] = {"shape": list(value.shape)}
        if key in (expected or {}):
            if value.dtype == np.float64:
                largest = float(np.max(np.abs(value), initial=0.0))
                infos[key] |= {"absmax": largest, "torch_fp32_maxabs_err": 1e-6 * largest}
            else:
                infos[key]["torch_fp32_equal"] = True
        types = {"float64": np.float32, "int64": np.int32, "bool": np.uint8}
        stored[key] = np.ascontiguousarray(value.astype(types.get(str(value.dtype), value.dtype)))
    file = f"{path.stem}.values.safetensors"
    save_file(stored, path.parent / file)
    path.write_text(json.dumps({**sidecar, "tensors": infos, "sampled": {}, "file": file}, indent=1))
