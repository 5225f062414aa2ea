"""Evaluations past one machine's memory, and past one machine."""
