"""One-sided bounds for decisions: "failing cannot be excluded", "passing cannot be excluded" (METHODS 3.4)."""

from __future__ import annotations

from dataclasses import replace

from estimators.interval import Floats, Summary
from estimators.intervals import INTERVALS
from sampler.errors import refuse


def bounds(interval: str, summary: Summary) -> tuple[Floats, Floats]:
    """Return a lower and an upper bound, each of which alone holds with the confidence of the summary.

    Parameters
    ----------
    interval : str
        One of `INTERVALS` whose limits are bounds; the others are not because their errors on the two sides differ.
    summary : Summary
        Of R rates; the confidence is above 1/2.

    Returns
    -------
    lower, upper : ndarray of float64, shape (R,)
        The limits of the two-sided interval at 2 confidence - 1, which leaves 1 - confidence in each tail.

    Raises
    ------
    InputError
        ``outside_domain`` for an interval that has no bounds, or a confidence of 1/2 and less.

    References
    ----------
    Kott (2017) Survey Methodology, a note on Wilson coverage intervals, why one side of Wilson's is no bound.

    Examples
    --------
    No event among 149: with 95% confidence the rate is under 2%.

    >>> import numpy as np
    >>> from estimators.interval import simple_random_sample
    >>> lower, upper = bounds("korn_graubard", simple_random_sample(np.zeros(1), np.array([149.0]), confidence=0.95))
    >>> lower, upper.round(4)
    (array([0.]), array([0.0199]))
    """
    require_bounds(interval, summary.confidence)
    return INTERVALS[interval](replace(summary, confidence=both_sides(summary.confidence)))


def both_sides(confidence: float) -> float:
    """Return the confidence of the two-sided interval whose limits are one-sided bounds of a confidence.

    Examples
    --------
    >>> both_sides(0.95)
    0.9
    """
    # Rounded: 2 * 0.95 - 1 is not 0.9, and tables are kept by their confidence.
    return round(2 * confidence - 1, 12)


def require_bounds(interval: str, confidence: float) -> None:
    """Refuse an interval that has no one-sided bounds, and a confidence that no bound has.

    Raises
    ------
    InputError
        ``outside_domain``.
    """
    allowed = [name for name, entry in INTERVALS.items() if entry.sides != "two"]
    if interval not in allowed:
        raise refuse("outside_domain", key="interval", found=interval, allowed=", ".join(allowed))
    if not 0.5 < confidence < 1:
        raise refuse("outside_domain", key="confidence", found=str(confidence), allowed="0.5 < x < 1")
