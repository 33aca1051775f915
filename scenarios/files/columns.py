"""The columns of the village, household and results tables: their names in both languages and their cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from sampler.errors import Mistake
from scenarios.files.sheets import Cell

Value = str | int | float | bool | None
Parser = Callable[[Cell], Value | Mistake]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    parse : callable
        Turns a cell into a value, or says what is wrong with it.
    headers : tuple of str
        Accepted headers; the first is the English name of the contract, the second the Chinese one.
    required : bool
        Whether the table is refused without it.
    instead : tuple of str
        Columns that, all of them together, serve in place of a required one.
    written_once : bool
        Whether a blank may stand for what the cell above says: a township over its villages.
    counts : bool
        Whether a dash stands for 0, and a unit after a number is read over.
    """

    parse: Parser
    headers: tuple[str, ...]
    required: bool = True
    instead: tuple[str, ...] = ()
    written_once: bool = False
    counts: bool = False


def normalised(text: object) -> str:
    """Return text as it is compared: full-width forms folded, brackets and white space dropped, lower case.

    Examples
    --------
    >>> normalised(" 距县城（公里）")
    '距县城公里'
    """
    return re.sub(r"[\s()\[\]【】_:：]+", "", unicodedata.normalize("NFKC", str(text))).lower()


def _text(cell: Cell) -> Value | Mistake:
    if cell is None:
        return Mistake("blank", {"allowed": "text"})
    return unicodedata.normalize("NFC", str(cell)).strip().strip("\u3000").strip()


def _number(cell: Cell) -> int | float | Mistake:
    if cell is None:
        return Mistake("blank", {"allowed": "number"})
    if isinstance(cell, bool) or (isinstance(cell, float) and not isfinite(cell)):
        return Mistake("not_a_number", {"found": str(cell)})
    if isinstance(cell, int | float):
        return cell
    return _number_in(cell)


def _number_in(cell: str) -> int | float | Mistake:
    """Return the number that a text holds."""
    if any(unicodedata.category(mark) == "No" for mark in cell):  # a footnote's ① is no digit of the number before it
        return Mistake("not_a_number", {"found": cell[:_LONGEST_NUMBER]})
    text = _bare(unicodedata.normalize("NFKC", _seen(cell)).strip())
    if len(text) > _LONGEST_NUMBER:
        return Mistake("too_many", {"found": text[:_LONGEST_NUMBER] + "…", "allowed": _LARGEST_COUNT})
    found = re.fullmatch(r"([+-]?(?:\d+|\d*\.\d+))(%?)", text)
    if not found:
        return Mistake("not_a_number", {"found": text})
    number = float(found[1]) if "." in found[1] else int(found[1])
    return number / 100 if found[2] else number


def _seen(text: str) -> str:
    """Return a text without the marks that nobody can see."""
    return "".join(mark for mark in text if unicodedata.category(mark) != "Cf")


_UNITS = ("户", "人", "个", "公里", "千米", "km", "元")
_DASHES = frozenset({"—", "——", "–", "-", "--", "―", "－", "/", "／", "无", "零"})
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


def _bare(text: str) -> str:
    """Return the number in a text without the unit after it and the commas in it.

    Examples
    --------
    >>> _bare("215户"), _bare("1,234"), _bare("1,23"), _bare("12.5 公里")
    ('215', '1234', '1,23', '12.5')
    """
    unit = next((unit for unit in _UNITS if text.lower().endswith(unit) and text[: -len(unit)].strip()), "")
    text = text[: len(text) - len(unit)].strip()
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def is_dash(cell: Cell) -> bool:
    """Say whether a cell holds a dash, or 无, which in a column of counts stands for 0."""
    return isinstance(cell, str) and cell.strip() in _DASHES


def has_unit(cell: Cell) -> bool:
    """Say whether a cell holds a number with a unit after it or commas in it."""
    if not isinstance(cell, str):
        return False
    text = unicodedata.normalize("NFKC", cell).strip()
    return _bare(text) != text and not isinstance(_number(cell), Mistake)


def _count(cell: Cell) -> Value | Mistake:
    number = 0 if is_dash(cell) else _number(cell)
    if isinstance(number, Mistake):
        return number
    if isinstance(cell, str) and ("%" in cell or "％" in cell):
        return Mistake("not_a_number", {"found": cell})
    if number < 0:
        return Mistake("negative", {"found": number})
    if number > _LARGEST_COUNT:
        return Mistake("too_many", {"found": f"{number:.12g}", "allowed": _LARGEST_COUNT})
    if number != int(number):
        return Mistake("not_whole", {"found": number})
    return int(number)


_LONGEST_NUMBER = 40  # characters; a longer one is a slip
_LARGEST_COUNT = 10_000_000  # no county has more people; a larger number is a slip that would only exhaust the memory


def _measure(cell: Cell) -> Value | Mistake:
    number = None if cell is None or is_dash(cell) else _number(cell)
    if isinstance(number, int | float) and abs(number) > _FARTHEST:
        return Mistake("too_many", {"found": f"{number:.12g}", "allowed": _FARTHEST})
    return number


_FARTHEST = 1_000_000  # kilometres


def _count_or_blank(cell: Cell) -> Value | Mistake:
    return None if cell is None else _count(cell)


def _text_or_blank(cell: Cell) -> Value | Mistake:
    return None if cell is None else _text(cell)


def _weight(cell: Cell) -> Value | Mistake:
    number = None if cell is None else _number(cell)
    if isinstance(number, int | float) and number <= 0:
        return Mistake("weight_not_positive", {"found": number})
    return number


_YES = {"1", "是", "yes", "true", "y", "√", "偏远", "贫困村"}
_NO = {"0", "否", "no", "false", "n", "×", "非偏远", "非贫困村", "普通"}


def _flag(cell: Cell) -> Value | Mistake:
    if cell is None:
        return Mistake("blank", {"allowed": "1, 0, 是, 否"})
    text = normalised(cell)
    if text in _YES or text in _NO:
        return text in _YES
    return Mistake("not_yes_no", {"found": str(cell)[:40], "allowed": "1, 0, 是, 否"})


_ANSWERS = {"认可": True, "不认可": False}


def _approval(cell: Cell) -> Value | Mistake:
    answer = None if cell is None else _ANSWERS.get(normalised(cell))
    return _flag(cell) if answer is None else answer


def _approval_or_blank(cell: Cell) -> Value | Mistake:
    return None if cell is None else _approval(cell)


_GROUP_NAMES = {
    "exited": "exited", "脱贫户": "exited", "脱贫": "exited", "已脱贫户": "exited", "已脱贫": "exited",
    "remaining": "remaining", "未脱贫户": "remaining", "未脱贫": "remaining",
    "unregistered": "unregistered", "非建档立卡户": "unregistered", "非建档立卡": "unregistered",
    "一般农户": "unregistered", "非贫困户": "unregistered", "非贫困户非建档立卡": "unregistered",
}  # fmt: skip


def _group(cell: Cell) -> Value | Mistake:
    # The catalogues say it in a table's own words; in a scenario file the groups are keys, in English alone.
    allowed = "household group"
    if cell is None:
        return Mistake("blank", {"allowed": allowed})
    return _GROUP_NAMES.get(normalised(cell)) or Mistake("not_a_group", {"found": str(cell)[:40], "allowed": allowed})


_GROUP_HEADERS = {"exited": "脱贫", "remaining": "未脱贫", "unregistered": "非建档立卡"}

VILLAGE_COLUMNS: Mapping[str, Column] = {
    "village_code": Column(parse=_text, headers=("village_code", "村编码", "行政村代码", "村代码"), required=False),
    "village": Column(parse=_text, headers=("village", "村名", "行政村", "行政村名称", "村")),
    "township": Column(parse=_text, headers=("township", "乡镇", "乡(镇)", "乡镇名称", "镇"), written_once=True),
    "remote": Column(parse=_flag, headers=("remote", "偏远", "是否偏远", "偏远村", "是否偏远村")),
    "poor_village": Column(parse=_flag, headers=("poor_village", "贫困村", "是否贫困村")),
    **{
        f"{group}_{what}": Column(
            parse=_count,
            counts=True,
            headers=(
                f"{group}_{what}",
                f"{zh}{unit}数",
                f"{zh}户{unit}数",
                *((f"{zh}人口", f"{zh}人口数", f"{zh}户人口", f"{zh}户人口数") if unit == "人" else (f"{zh}{unit}",)),
            ),
        )
        for group, zh in _GROUP_HEADERS.items()
        for what, unit in (("households", "户"), ("persons", "人"))
    },
    "distance_km": Column(
        parse=_measure, headers=("distance_km", "距县城公里", "距县城(公里)", "距县城公里数"), required=False
    ),
    "x": Column(parse=_measure, headers=("x", "横坐标"), required=False),
    "y": Column(parse=_measure, headers=("y", "纵坐标"), required=False),
}

HOUSEHOLD_COLUMNS: Mapping[str, Column] = {
    "household_id": Column(parse=_text, headers=("household_id", "户编号", "户编码")),
    "village_code": Column(parse=_text, headers=("village_code", "村编码", "行政村代码", "村代码")),
    "group": Column(parse=_group, headers=("group", "户类", "户类型")),
    "persons": Column(parse=_count, headers=("persons", "人数", "家庭人口")),
    "key": Column(parse=_flag, headers=("key", "重点户", "是否重点户"), required=False),
    "hamlet": Column(parse=_text, headers=("hamlet", "村民小组", "小组", "组"), required=False),
    "wrong_persons": Column(parse=_count, headers=("wrong_persons", "错误人数", "错退漏评人数"), required=False),
    "approves": Column(parse=_approval, headers=("approves", "认可", "是否认可"), required=False),
}

# What a results file may call the strata that a village list knows; the first two are written.
STRATUM_WORDS: Mapping[str, tuple[str, ...]] = {
    "ordinary": ("ordinary", "普通", "普通村", "普通层", "非偏远", "非偏远村"),
    "remote": ("remote", "偏远", "偏远村", "偏远层"),
    "all": ("all", "全县"),
}

OBSERVATION_COLUMNS: Mapping[str, Column] = {
    "stratum": Column(parse=_text_or_blank, headers=("stratum", "层", "抽样层", "层别", "所属层"), required=False),
    "village_code": replace(HOUSEHOLD_COLUMNS["village_code"], parse=_text_or_blank, instead=("township", "village")),
    "township": replace(VILLAGE_COLUMNS["township"], parse=_text_or_blank, required=False, written_once=False),
    "village": replace(VILLAGE_COLUMNS["village"], parse=_text_or_blank, required=False),
    "household_id": replace(HOUSEHOLD_COLUMNS["household_id"], parse=_text_or_blank, required=False),
    "group": HOUSEHOLD_COLUMNS["group"],
    "persons": HOUSEHOLD_COLUMNS["persons"],
    "wrong_persons": Column(
        parse=_count,
        headers=(*HOUSEHOLD_COLUMNS["wrong_persons"].headers, "错评漏评人数", "错退或漏评人数", "错退人数", "漏评人数"),
    ),
    "approves": replace(HOUSEHOLD_COLUMNS["approves"], required=True),
    "recheck_wrong_persons": Column(
        parse=_count_or_blank,
        headers=("recheck_wrong_persons", "复核错误人数", "复核错退漏评人数", "复查错误人数"),
        required=False,
    ),
    "recheck_approves": Column(
        parse=_approval_or_blank, headers=("recheck_approves", "复核认可", "复核是否认可", "复查认可"), required=False
    ),
    "weight": Column(parse=_weight, headers=("weight", "权数", "权重"), required=False),
    "stratum_villages": Column(
        parse=_count_or_blank, headers=("stratum_villages", "本层村数", "层内村数", "该层村数"), required=False
    ),
    "group_households": Column(
        parse=_count_or_blank, headers=("group_households", "该类户数", "本村该类户数", "本类户数"), required=False
    ),
}


def stratum_name(text: str) -> str:
    """Return the name of a stratum that a village list knows; any other name as it stands.

    Examples
    --------
    >>> stratum_name("偏远村"), stratum_name("甲")
    ('remote', '甲')
    """
    found = (name for name, words in STRATUM_WORDS.items() if normalised(text) in words)
    return next(found, text)


_LANGUAGES = ("en", "zh")  # in the order of a column's headers
_WRITTEN: Mapping[str, dict[Cell, tuple[str, ...]]] = {
    "stratum": {name: words[:2] for name, words in STRATUM_WORDS.items()},
    "group": {
        "exited": ("exited", "脱贫户"),
        "remaining": ("remaining", "未脱贫户"),
        "unregistered": ("unregistered", "非建档立卡户"),
    },
    "approves": {True: ("1", "是"), False: ("0", "否")},
}


def in_language(
    values: Mapping[str, Sequence[Cell]], columns: Mapping[str, Column], language: str
) -> tuple[list[str], list[list[Cell]]]:
    """Return a table's header and rows in a language that the readers of tables take.

    Parameters
    ----------
    values : mapping of str to sequence of str, int, float, bool or None
        By column name, all of one length.
    columns : mapping of str to Column
        The table's columns.
    language : {"zh", "en"}
        Of headers, groups, answers and the strata that a village list knows.

    Examples
    --------
    >>> in_language({"group": ["exited"], "persons": [3]}, OBSERVATION_COLUMNS, "zh")
    (['户类', '人数'], [['脱贫户', 3]])
    """
    at = _LANGUAGES.index(language)
    cells = [[_WRITTEN[name][c][at] if c in _WRITTEN.get(name, ()) else c for c in values[name]] for name in values]
    return [columns[name].headers[at] for name in values], [list(row) for row in zip(*cells, strict=True)]
