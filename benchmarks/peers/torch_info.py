"""What the figures of a PyTorch yardstick belong to."""

import platform
import sys

import torch

DEVICE = torch.device(sys.argv[sys.argv.index("--device") + 1] if "--device" in sys.argv else "cpu")
if DEVICE.type == "cuda":
    torch.set_default_device(DEVICE)
    # Products and convolutions are of float32, as everywhere here.
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def synchronize():
    """Waits for what was begun on a GPU: no time may be read before."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def gpu():
    """The GPU and its CUDA, where that is the device."""
    if DEVICE.type != "cuda":
        return None
    return f"{torch.cuda.get_device_name()} (CUDA {torch.version.cuda})"


def capability():
    """The instruction set that PyTorch's own kernels use; its BLAS chooses for itself."""
    if hasattr(torch.backends, "cpu"):
        return torch.backends.cpu.get_cpu_capability()
    for line in torch.__config__.show().splitlines():
        if "CPU capability" in line:
            return line.split(":")[-1].strip()
    return "unknown"


def info():
    return {
        "version": torch.__version__,
        "python": platform.python_version(),
        "capability": capability(),
        "threads": torch.get_num_threads(),
        "gpu": gpu(),
    }
