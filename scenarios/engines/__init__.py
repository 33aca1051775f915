"""The engines: exact, conditional and simulated answers behind one signature, ``chances(scenarios)``."""
