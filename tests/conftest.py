"""How much the property-based tests try: HYPOTHESIS_PROFILE chooses, and continuous integration repeats itself."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples every time where CI=true, so that a change is judged by itself and not by the day's luck.
settings.register_profile("default", deadline=None, max_examples=50, derandomize=os.environ.get("CI") == "true")
settings.register_profile("thorough", deadline=None, max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
