"""Who carries the risk, as a map: a township is the darker the more of the risk it carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from sampler.frame import Bools
from scenarios.figures.fonts import DOTS_PER_INCH, Page, font_for
from scenarios.figures.village_layouts import MARGIN, WIDTH, Floats, map_layout
from scenarios.figures.village_page import DOTS, Look, lay_foot, lay_head, lay_villages

# Light to dark in even steps of lightness, so that grey print tells the classes apart.
SHADES = ("#f3eee6", "#f0d3ac", "#e6ad72", "#cf7f45", "#a8522a")
_ROUND = (1, 2, 2.5, 5)


def class_limits(values: Sequence[float]) -> tuple[float, ...]:
    """Return limits, from 0, of at most as many classes as there are shades, at round numbers.

    Parameters
    ----------
    values : sequence of float
        At least one above 0.

    Examples
    --------
    >>> class_limits([0.04, 0.11, 0.23])
    (0.0, 0.05, 0.1, 0.15, 0.2, 0.25)
    """
    most = max(values) * (1 - 1e-9)  # a rounding error needs no class of its own
    steps = (step * 10.0**power for power in range(-12, 3) for step in _ROUND)
    step = next(step for step in steps if step * len(SHADES) >= most)
    count = next(n for n in range(1, len(SHADES) + 1) if n * step >= most)
    return tuple(round(n * step, 15) for n in range(count + 1))


def risk_map(
    *,
    townships: Sequence[str],
    remote: Bools,
    carried: Mapping[str, float],
    told: Mapping[str, str],
    location_km: Floats,
    classes: Sequence[str],
    words: Mapping[str, str],
) -> Figure:
    """Draw the townships of a county, each shaded by what it carries and with its number.

    Parameters
    ----------
    townships : sequence of str, length V
        Township of each village.
    remote : ndarray of bool, shape (V,)
        Which villages are remote; they are triangles.
    carried : mapping of str to float
        By township; what is below 0 has the lightest shade.
    told : mapping of str to str
        What stands with a township's name.
    location_km : ndarray of float64, shape (V, 2)
        East and north of any origin.
    classes : sequence of str
        What the legend calls the classes that `class_limits` gives, the lightest first.
    words : mapping of str to str
        ``title``, ``subtitle``, ``note``, ``ordinary``, ``remote``.

    Returns
    -------
    Figure
        16 cm wide and as high as it needs.

    Examples
    --------
    >>> figure = risk_map(
    ...     townships=["East", "East", "West"],
    ...     remote=np.array([False, True, False]),
    ...     carried={"East": 0.7, "West": 0.3},
    ...     told={"East": "70%", "West": "30%"},
    ...     location_km=np.array([[0.0, 0.0], [1.0, 2.0], [4.0, 1.0]]),
    ...     classes=["to 20%", "to 40%", "to 60%", "to 80%"],
    ...     words=dict.fromkeys(("title", "subtitle", "note", "ordinary", "remote"), ""),
    ... )
    >>> [text.get_text() for text in figure.texts][1:3]
    ['East 70%', 'West 30%']
    """
    names = [f"{name} {told[name]}" for name in townships]
    every_word = "\n".join([*words.values(), *classes, *set(names), "0123456789. km"])
    page = Page(Figure(figsize=(WIDTH, 1), dpi=DOTS_PER_INCH, facecolor="white"), font_for(every_word))
    layout = map_layout(page, names, [], np.asarray(location_km, dtype=np.float64))
    limits = class_limits(list(carried.values()))
    shades = [SHADES[_class_of(carried[name], limits)] for name in dict.fromkeys(townships)]
    bottom = lay_foot(page, words["note"], layout.inches_a_km)
    lay_villages(page, layout, np.array([MARGIN, bottom]), remote, shades)
    samples: dict[str, list[Look]] = {f"class {i}": [_sample(SHADES[i])] for i in range(len(limits) - 1)}
    samples |= {key: [DOTS[kind]] for kind, key in ((False, "ordinary"), (True, "remote")) if (remote == kind).any()}
    every = {**words, **{f"class {i}": name for i, name in enumerate(classes)}}
    lay_head(page, bottom + layout.height, every, samples)
    return page.figure


def _class_of(value: float, limits: Sequence[float]) -> int:
    """Return the class of a value: a limit belongs to the class below it."""
    return next((i for i, (_, top) in enumerate(pairwise(limits)) if value <= top), len(limits) - 2)


def _sample(shade: str) -> Look:
    return {
        "marker": "s",
        "markersize": 8.0,
        "markerfacecolor": shade,
        "markeredgecolor": "#8a8a8a",
        "markeredgewidth": 0.4,
    }
