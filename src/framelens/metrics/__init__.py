"""Pure numpy: matching, average precision, operating point, confusion."""
