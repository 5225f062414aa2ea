"""Symptoms in the numbers, tested on the run."""

from framelens.diagnosis.checklist import check
from framelens.diagnosis.finding import ABSENT, CANNOT_TELL, PRESENT, Finding, present_lines
from framelens.diagnosis.rules import RULES, Rule
from framelens.diagnosis.thresholds import Thresholds

__all__ = ["ABSENT", "CANNOT_TELL", "PRESENT", "RULES", "Finding", "Rule", "Thresholds", "check", "present_lines"]
