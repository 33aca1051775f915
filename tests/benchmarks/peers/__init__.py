"""The same inspections by other programs: R survey and sampling, Python svy, a hand-written numpy loop."""
