"""Villages against households: the cheapest way to a variance in two stages."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from sampler.errors import refuse


@dataclass(frozen=True, kw_only=True)
class StageCosts:
    """What a visit costs.

    Parameters
    ----------
    village, household : float
        Of going to one more village, and of one more household there; any unit, such as days.
    """

    village: float
    household: float

    def __post_init__(self) -> None:
        if self.village < 0 or self.household <= 0:
            raise refuse("cost_not_positive", found=f"{min(self.village, self.household):g}")


def households_per_village(costs: StageCosts, correlation: float) -> float:
    """Return the take of least variance for a budget, sqrt(c1 (1 - rho) / (c2 rho)), not rounded.

    Parameters
    ----------
    costs : StageCosts
        Of a village c1 and a household c2.
    correlation : float
        Intraclass correlation of households of a village, above 0.

    References
    ----------
    Lohr (2022), Sampling, section 5.4; Cochran (1977), eq. 10.27.

    Examples
    --------
    >>> round(households_per_village(StageCosts(village=20, household=1), 0.02), 1)
    31.3
    """
    if correlation <= 0:
        raise refuse("correlation_not_positive", found=f"{correlation:g}")
    return sqrt(costs.village * (1 - correlation) / (costs.household * correlation))


def relative_variance(take: float, costs: StageCosts, correlation: float) -> float:
    """Return the variance of a mean at a fixed budget, relative to that of the best take.

    Parameters
    ----------
    take : float
        Households of each village.
    costs : StageCosts
        Of a village and a household.
    correlation : float
        Intraclass correlation, above 0.

    Examples
    --------
    The optimum is flat: half as many households again cost 4% more variance, half as many 12%.

    >>> costs = StageCosts(village=20, household=1)
    >>> best = households_per_village(costs, 0.02)
    >>> [round(relative_variance(best * by, costs, 0.02), 2) for by in (1.5, 0.5)]
    [1.04, 1.12]
    """

    def variance(each: float) -> float:
        # At budget 1: 1 / (c1 + c2 n) villages with a mean of variance rho + (1 - rho) / n each.
        return (costs.village + costs.household * each) * (correlation + (1 - correlation) / each)

    return variance(take) / variance(households_per_village(costs, correlation))


def affordable(budget: float, take: float, costs: StageCosts) -> int:
    """Return how many villages a budget pays for.

    Examples
    --------
    >>> affordable(1000, 20, StageCosts(village=20, household=1))
    25
    """
    return int(budget / (costs.village + costs.household * take) + 1e-9)
