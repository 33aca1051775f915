"""Domains of a tally: some villages or some parts of it, the design being that of the whole sample (METHODS 2.6).

A domain's size in the sample is random, so its estimates keep every drawn village: those without a member score 0.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from sampler.draws import Tally
from sampler.errors import InputError, Mistake
from sampler.frame import GROUPS, Bools


def subpopulation(tally: Tally, *, villages: Bools | None = None, parts: Collection[str] | None = None) -> Tally:
    """Return a tally that counts only what lies in a domain.

    Parameters
    ----------
    tally : Tally
        Of R samples.
    villages : ndarray of bool, shape (V,), optional
        Which villages of the list that ``tally.villages`` points into belong to it: a township's, the remote ones. All
        of them where left out.
    parts : collection of str, optional
        Names of the parts that belong to it, for example ``{"key"}``. All of them where left out.

    Returns
    -------
    Tally
        With the same strata, drawn villages, sizes and weights; what lies outside counts nothing, so that `estimate`
        gives the domain's rates, their errors under the design of the whole sample, and the degrees of freedom of the
        villages with a member (NCHS rule). Its incidence needs the domain's own ``group_persons``.

    Raises
    ------
    InputError
        ``outside_domain`` for a part that the tally does not have.

    Examples
    --------
    >>> moments = np.ones((1, 2, 3, 8), dtype=np.int64)
    >>> sample = Tally(villages=np.array([[4, 7]]), stratum=np.array([0, 0]), stratum_sizes=np.array([9]),
    ...     block_sizes=np.full((1, 2, 3), 5), moments=moments)
    >>> remote = np.arange(9) > 5
    >>> subpopulation(sample, villages=remote).moments[0, :, 0, 0]
    array([0, 1])
    """
    names = [part.name for part in tally.parts]
    unknown = sorted(set(parts or ()) - set(names))
    if unknown:
        allowed = ", ".join(names)
        raise InputError(Mistake("outside_domain", {"key": "parts", "found": n, "allowed": allowed}) for n in unknown)
    moments, places = tally.moments, tally.places
    if villages is not None:
        inside = villages[tally.villages]
        moments = moments * inside[:, :, None, None]
        places = inside if places is None else places & inside
    if parts is not None:
        moments = moments * np.repeat([name in parts for name in names], len(GROUPS))[:, None]
    return replace(tally, moments=moments, places=places)
