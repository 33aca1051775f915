"""Who is to be visited in one inspection, in which order, with which probability, and who stands in for whom.

A roster is what a team takes to the field: drawn before anybody knocks at a door, so it takes everybody to be at home,
and the next in the random order are its reserves. A larger sample contains the smaller one, so they come from the same
draw with a larger take.
"""

from __future__ import annotations

import numpy as np

from sampler.draws import draw
from sampler.recheck import SpotCheck
from scenarios.questions.inspection import Inspection
from scenarios.questions.lists import Roster, drawn_villages, entries_of, in_order, reserves_of, with_reserves
from scenarios.questions.recheck_lists import recheck_lists

RESERVES = 3  # of each village and group, unless told otherwise


def roster(inspection: Inspection, *, reserves: int = RESERVES) -> Roster:
    """Return the lists of an inspection.

    Parameters
    ----------
    inspection : Inspection
        Gives scenario, number and truth (a spot check depends on what its province recorded).
    reserves : int, default 3
        Households that may stand in, for each drawn village and group and for each cell of questionnaires.

    Returns
    -------
    Roster
        The same for the same arguments; with more reserves it contains the one with fewer.

    Examples
    --------
    >>> from scenarios import load
    >>> from scenarios.questions.inspection import inspect
    >>> lists = roster(inspect(load("example")), reserves=1)
    >>> len(lists.villages), len(lists.visits), len(lists.reserves), round(sum(e.weight for e in lists.visits))
    (29, 1058, 62, 76726)
    """
    scenario, replicates = inspection.scenario, np.array([inspection.number - 1], dtype=np.int64)
    if isinstance(scenario.plan, SpotCheck):
        return recheck_lists(inspection, scenario.plan, reserves, replicates)
    more = with_reserves(scenario.plan, scenario.frame, reserves)
    draws = draw(scenario.frame, more, seed=scenario.seed, replicates=replicates)
    visits, spare = in_order(draws, scenario.plan.takes())
    villages = drawn_villages(inspection, draws, visits)
    chance = inspection.slot_chance
    return Roster(
        villages=villages,
        visits=entries_of(draws, visits, chance),
        reserves=reserves_of(draws, spare, scenario.plan.takes()),
    )
