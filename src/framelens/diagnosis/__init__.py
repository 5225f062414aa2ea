"""Symptoms in the numbers, tested on the run."""
