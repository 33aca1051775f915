"""What one set of visited households says: the verdict under every rule, and the rates with their intervals.

A simulated inspection and the results of a real one run through the same lines; a real one is R = 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from estimators.estimate import Estimate, estimate
from estimators.policy import CRITERIA, Policy
from estimators.rule import Evidence, Verdict
from estimators.rules import RULES
from estimators.variance import Lonely, Variance
from sampler.draws import MOMENTS, Tally
from sampler.errors import InputError, Mistake
from sampler.frame import EXITED, GROUPS, UNREGISTERED, Frame, Ints

# Drawn share of the villages above which the finite population corrections are worth having (METHODS 2.4).
_LARGE_FRACTION = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessment:
    """One sample, estimated and decided.

    Parameters
    ----------
    tally : Tally
        R = 1; R = many where a lesson plays inspections of one county, of which `unsettled` is about the first.
    policy : Policy
        Definitions and limits.
    raw : mapping of str to Estimate
        The official ratios by criterion, with intervals about their own design means.
    weighted : mapping of str to Estimate, or None
        The combined ratios, which estimate the county's rates; None where the sizes that the weights are made of are
        not known.
    verdicts : mapping of str to Verdict
        By the rules of the catalogue. The bounds of rules with a margin are those of the default interval whatever
        interval was chosen: not every two-sided interval has a side that can be read by itself (METHODS 3.2).
    variance : {"ultimate_cluster", "two_stage"}
        Which variance the intervals use.
    group_persons : ndarray of int64, shape (3,), or None
        The county's persons by group, where they are known.
    other_reading : Assessment or None
        The same sample under the other reading of the missed rate's denominator, where the whole villages are known.
    unvisited_strata, unvisited_groups : tuple of str
        Strata without a drawn village, and groups of the county without a visited household: no estimate covers them.
    lonely : {"fail", "remove", "certainty", "adjust", "average"}
        What becomes of a stratum of several villages with one drawn.
    has_lonely : bool
        Whether there is one.
    """

    tally: Tally
    policy: Policy
    raw: Mapping[str, Estimate]
    weighted: Mapping[str, Estimate] | None
    verdicts: Mapping[str, Verdict]
    variance: Variance
    group_persons: Ints | None
    other_reading: Assessment | None
    unvisited_strata: tuple[str, ...]
    unvisited_groups: tuple[str, ...]
    lonely: Lonely
    has_lonely: bool

    @property
    def lonely_rule(self) -> str | None:
        """What was done about strata of several villages with one drawn; None where there is none."""
        return self.lonely if self.has_lonely else None

    @property
    def rule(self) -> str:
        """Which rule decides: by the policy's weighting."""
        return "weighted" if self.policy.weighting == "weighted" else "official"

    @property
    def verdict(self) -> Verdict:
        """Of the rule that decides."""
        return self.verdicts[self.rule]

    @property
    def deciding(self) -> Mapping[str, Estimate]:
        """The estimates that the rule looks at: the weighted ones where it does and they are known, else the raw."""
        return self.raw if self.rule == "official" or self.weighted is None else self.weighted

    @property
    def unsettled(self) -> tuple[str, ...]:
        """Criteria of which it is not known whether they would fail: not measured, or, of the incidence, in part.

        A rate that is not measured counts as 0 inside the incidence, which can then only be too low.
        """
        return self.unsettled_in(0)

    def unsettled_in(self, replicate: int) -> tuple[str, ...]:
        """Return the `unsettled` criteria of one of R samples."""
        verdict = self.verdict
        open_ones = [name for name in CRITERIA if not verdict.measured[name][replicate]]
        parts = (("wrong_exit", EXITED), ("missed", UNREGISTERED))
        if self.policy.incidence == "blown_up" and self.group_persons is not None:
            partial = any(name in open_ones and self.group_persons[group] > 0 for name, group in parts)
            if partial and not verdict.fails["incidence"][replicate]:
                open_ones.append("incidence")
        return tuple(name for name in CRITERIA if name in open_ones)


def assess(
    tally: Tally,
    policy: Policy,
    *,
    strata: Sequence[str],
    frame: Frame | None = None,
    interval: str = "korn_graubard",
    lonely: Lonely = "fail",
) -> Assessment:
    """Estimate and decide one sample.

    Parameters
    ----------
    tally : Tally
        R = 1.
    policy : Policy
        Definitions and limits.
    strata : sequence of str, length H
        Names of the strata, for messages.
    frame : Frame, optional
        The county; without it the incidence is not measured, and neither is a missed rate over the persons of the drawn
        villages.
    interval : str, default "korn_graubard"
        One of the catalogue's intervals.
    lonely : {"fail", "remove", "certainty", "adjust", "average"}
        What becomes of a stratum of several villages with one drawn.

    Returns
    -------
    Assessment

    Raises
    ------
    InputError
        As `estimators.estimate.estimate`.
    """
    found = _assessed(tally, policy, strata, frame, interval, lonely)
    if frame is None and policy.missed_denominator == "surveyed":
        return found  # the persons of the whole villages are not known
    other = _assessed(tally, policy.with_other_denominator(), strata, frame, interval, lonely)
    return replace(found, other_reading=other)


def _assessed(
    tally: Tally, policy: Policy, strata: Sequence[str], frame: Frame | None, interval: str, lonely: Lonely
) -> Assessment:
    variance = default_variance(tally)
    group_persons = None if frame is None else frame.group_persons.sum(axis=0)
    unregistered = None if frame is None else frame.unregistered

    def estimated(weighting: str) -> Mapping[str, Estimate]:
        return estimate(
            tally,
            policy,
            group_persons=group_persons,
            unregistered=unregistered,
            weighting=weighting,  # type: ignore[arg-type]
            variance=variance,
            interval=interval,
            lonely=lonely,
        )

    try:
        raw = estimated("raw")
        weighted = estimated("weighted") if weights_known(tally) else None
    except InputError as error:
        raise with_stratum_names(error, strata) from error
    evidence = Evidence(
        tally=tally,
        policy=policy,
        group_persons=group_persons,
        unregistered=unregistered,
        variance=variance,
        lonely=lonely,
    )
    drawn = np.bincount(tally.stratum, minlength=len(tally.stratum_sizes))
    visited = tally.totals()[0, :, MOMENTS.index("households")]
    return Assessment(
        tally=tally,
        policy=policy,
        raw=raw,
        weighted=weighted,
        verdicts={name: rule(evidence) for name, rule in RULES.items()},
        variance=variance,
        group_persons=group_persons,
        other_reading=None,
        unvisited_strata=tuple(
            name for name, m, size in zip(strata, drawn, tally.stratum_sizes, strict=True) if size > m == 0
        ),
        unvisited_groups=tuple(
            name for g, name in enumerate(GROUPS) if group_persons is not None and group_persons[g] > visited[g] == 0
        ),
        lonely=lonely,
        has_lonely=bool(((drawn == 1) & (tally.stratum_sizes != 1)).any()),
    )


def with_stratum_names(error: InputError, strata: Sequence[str]) -> InputError:
    """Return an error whose mistakes name their strata: the estimators know them by number, users by name."""

    def named(mistake: Mistake) -> Mistake:
        number = mistake.fields.get("stratum")
        return mistake if number is None else mistake.at(stratum=strata[int(number)])

    return InputError(named(mistake) for mistake in error.mistakes)


def weights_known(tally: Tally) -> bool:
    """Say whether the sizes that weights and finite population corrections are made of are known."""
    return tally.weights() is not None


def default_variance(tally: Tally) -> Variance:
    """Return the variance that METHODS 2.4 takes: with finite population corrections above a tenth of the villages.

    These are those of simple random samples, so unequal probabilities and a second phase have none.

    Examples
    --------
    >>> import numpy as np
    >>> tally = Tally(villages=np.zeros((1, 2), int), stratum=np.zeros(2, int), stratum_sizes=np.array([30]),
    ...     block_sizes=np.ones((1, 2, 3), int), moments=np.zeros((1, 2, 3, 8), int))
    >>> default_variance(tally)
    'ultimate_cluster'
    """
    simple = tally.chance is None and tally.phase2_weights is None and weights_known(tally)
    share = len(tally.stratum) / max(int(tally.stratum_sizes.sum()), 1)
    return "two_stage" if simple and share > _LARGE_FRACTION else "ultimate_cluster"
