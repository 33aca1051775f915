"""The official counts of many inspections of nested populations, summed without making rows."""
