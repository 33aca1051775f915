"""What is said of an answer, in no language (facts), and its renderers."""
