"""What the figures of a PyTorch yardstick belong to."""

import platform

import torch


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
    }
