"""Speed, measured and printed with the machine; never asserted (`make bench`)."""
