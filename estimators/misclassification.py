"""True rates from counts of a fallible check: Rogan and Gladen, Lang and Reiczigel (METHODS 2.7).

Specificity is everything at low rates: with Sp = 99% a county truly at 1% shows about 2%.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from estimators.interval import Floats
from sampler.errors import refuse
from sampler.frame import Bools


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A sensitivity or a specificity as a trial found it.

    Parameters
    ----------
    value : float
        Share of right answers, 0..1.
    size : float, default infinity
        Units tried; infinite where the value is known.
    """

    value: float
    size: float = np.inf

    @property
    def variance(self) -> float:
        """Binomial variance of the value."""
        return self.value * (1 - self.value) / self.size


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueRate:
    """True rates estimated from apparent ones; the arrays have shape (R,).

    Parameters
    ----------
    value : ndarray of float64
        As the formula gives it, outside [0, 1] too.
    variance : ndarray of float64
        Its variance.
    outside : ndarray of bool
        Whether the value lies outside [0, 1]: below 0 there are fewer positives than the specificity alone implies, so
        that it, or the sample, is not what it is taken for.
    """

    value: Floats
    variance: Floats
    outside: Bools


def rogan_gladen(apparent: Floats, variance: Floats, *, sensitivity: Trial, specificity: Trial) -> TrueRate:
    """Return p = (AP + Sp - 1) / (Se + Sp - 1) with its variance.

    Parameters
    ----------
    apparent : ndarray of float64, shape (R,)
        Apparent rate AP.
    variance : ndarray of float64, shape (R,)
        Variance of the apparent rate: AP (1 - AP) / n for a simple random sample (`binomial_variance`), that of the
        design elsewhere.
    sensitivity, specificity : Trial
        Se and Sp.

    Returns
    -------
    TrueRate

    Raises
    ------
    InputError
        ``check_uninformative`` where Se + Sp is not above 1.

    References
    ----------
    Rogan and Gladen (1978) Am. J. Epidemiology 107:71.

    Examples
    --------
    >>> found = rogan_gladen(np.array([0.3, 0.02]), np.array([0.0014, 0.0001]), sensitivity=Trial(value=0.96),
    ...     specificity=Trial(value=0.89))
    >>> found.value.round(3), found.outside
    (array([ 0.224, -0.106]), array([False,  True]))
    """
    youden = _youden(sensitivity.value, specificity.value)
    p = (apparent + specificity.value - 1) / youden
    of_trials = p**2 * sensitivity.variance + (1 - p) ** 2 * specificity.variance
    return TrueRate(value=p, variance=(variance + of_trials) / youden**2, outside=(p < 0) | (p > 1))


def binomial_variance(rate: Floats, size: Floats) -> Floats:
    """Return p (1 - p) / n, shape (R,)."""
    variance: Floats = rate * (1 - rate) / size
    return variance


def lang_reiczigel(
    positives: Floats, size: Floats, *, sensitivity: Trial, specificity: Trial, confidence: float
) -> tuple[Floats, Floats]:
    """Return the two-sided interval of Lang and Reiczigel for a true rate.

    Parameters
    ----------
    positives, size : ndarray of float64, shape (R,)
        Positives x among n units of a simple random sample.
    sensitivity, specificity : Trial
        Of trials of known size.
    confidence : float
        Inside (0, 1).

    Returns
    -------
    low, high : ndarray of float64, shape (R,)
        p' + dp -+ z se', inside [0, 1]: AP' = (x + z^2 / 2) / (n + z^2) with n' = n + z^2, Se' and Sp' = (k + 1) /
        (n + 2) with two more units, p' and se' by Rogan and Gladen from them, dp = 2 z^2 [p' Se' (1 - Se') / n'_Se
        - (1 - p') Sp' (1 - Sp') / n'_Sp].

    Raises
    ------
    InputError
        ``check_uninformative`` as in `rogan_gladen`; ``outside_domain`` for a trial without a size.

    References
    ----------
    Lang and Reiczigel (2014) Preventive Veterinary Medicine 113:13.

    Examples
    --------
    >>> low, high = lang_reiczigel(np.array([0.0, 20.0]), np.array([200.0, 200.0]),
    ...     sensitivity=Trial(value=0.9, size=50), specificity=Trial(value=0.97, size=100), confidence=0.95)
    >>> low.round(4), high.round(4)
    (array([0.   , 0.014]), array([0.0101, 0.1448]))
    """
    for trial in (sensitivity, specificity):
        if not np.isfinite(trial.size):
            raise refuse("outside_domain", key="size", found=trial.size, allowed="0 < x < inf")
    z = float(ndtri((1 + confidence) / 2))
    apparent, enlarged = (positives + z**2 / 2) / (size + z**2), size + z**2
    se, sp = (
        Trial(value=(trial.value * trial.size + 1) / (trial.size + 2), size=trial.size + 2)
        for trial in (sensitivity, specificity)
    )
    centre = rogan_gladen(apparent, binomial_variance(apparent, enlarged), sensitivity=se, specificity=sp)
    shift = 2 * z**2 * (centre.value * se.variance - (1 - centre.value) * sp.variance)
    reach = z * np.sqrt(centre.variance)
    return np.clip(centre.value + shift - reach, 0, 1), np.clip(centre.value + shift + reach, 0, 1)


def _youden(sensitivity: float, specificity: float) -> float:
    """Return Se + Sp - 1."""
    youden = sensitivity + specificity - 1
    if youden <= 0:
        raise refuse("check_uninformative", found=youden + 1)
    return youden
