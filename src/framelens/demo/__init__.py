"""A small honest detection task that needs no download."""

from framelens.demo.run import DemoResult, run_demo

__all__ = ["DemoResult", "run_demo"]
