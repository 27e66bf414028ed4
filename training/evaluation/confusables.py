"""Groups of confusable characters, and the accuracy of a model within each group.

A group holds shapes that differ in one small part (未末), nearly or exactly equal shapes of two scripts (ロ口), or kana
with and without diacritics (はばぱ). The groups come from errors of the shipped model and from school material. Of a
group, only the characters in a model's charset are used.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from rich.table import Table

from kakitori.charset import Charset
from kakitori.schemas.evaluation import ConfusableRow
from kakitori.spec import GENERATED, ModelSpec
from training.data.prepared import TEST
from training.evaluation.accuracy import Answer
from training.evaluation.samples import Sample
from training.ink.source import InkSource

IMAGES_PER_MEMBER = 100  # of generated ink
STREAM = (TEST, 1)  # first numbers of the seeds: test split, other images than `InkSource.held_out`'s

GROUPS = (
    "未末来", "土士工", "日曰目", "ー一", "りリ", "夕タ久", "千干于", "牛午", "己已巳", "人入八", "大犬太丈",
    "刀力カ九", "ロ口囗", "王玉主壬", "木本", "天夫矢", "石右", "名各", "田由甲申", "白自百", "目且旦", "貝見",
    "問間聞", "今令", "水氷永", "手毛", "上止", "北比此", "万方", "小少", "字学宇", "体休", "免兎", "島鳥烏", "若苦",
    "老考孝", "失先", "季委秀", "囚因困", "東束", "住往佳", "径経", "郎朗", "毎母", "券巻", "斤斥", "戌戊戍戎",
    "治冶始", "刺剌", "待侍持", "候侯", "微徴", "綱網", "縁緑", "徹撤", "哀衰衷", "栽裁", "遣遺", "師帥", "栗粟",
    "析折祈", "板坂", "根恨", "拾捨", "推堆椎雄", "提堤", "搭塔", "抗坑", "材村", "清晴", "幣弊", "堀掘", "崇祟",
    "汐沙", "萩荻", "宜宣", "暑署", "爪瓜", "密蜜", "壁璧", "酒洒", "鳴嗚", "亨享", "伸仲", "低底", "側測則", "姉妨",
    "金全", "貫貴貰", "賊賦", "郷卿", "釣鈎鈞", "謄騰", "葉華", "葛菖", "句旬回", "勿多匁", "之え", "条粂", "鼎県",
    "科料", "祖租", "複復", "績積", "険検", "輪輸", "かが", "きぎさざち", "くぐへ", "けげは", "こごに", "しじ",
    "すずむ", "せぜ", "そぞて", "ただに", "つづ", "てで", "とど", "ぬめ", "ねれわ", "はばぱほ", "ひびぴ", "ふぶぷ",
    "へべぺ", "ほぼぽま", "るろ", "あお", "いり", "らう", "えん", "たな", "かカ", "きキ", "せサ", "とト", "りソン",
    "うラフ", "ニに", "しレ", "のノ", "シツ", "ソン", "クワケ", "スヌ", "コユ", "チテ", "ナメ", "マム", "ウワ",
    "アマ", "てフ丁", "エ工", "ニ二", "ハ八", "ト卜", "カ力", "タ夕", "チ千", "ミ三", "つっ", "やゃ", "ゆゅ", "よょ",
)  # fmt: skip


def groups_in(charset: Charset) -> list[tuple[str, ...]]:
    """Return the groups restricted to a charset's classes, without those that keep fewer than two.

    Characters that share a class count as one.
    """
    found = []
    for group in GROUPS:
        members = {charset.index(char): char for char in reversed(group) if char in charset}
        if len(members) > 1:
            found.append(tuple(char for char in group if char in members.values()))
    return list(dict.fromkeys(found))


def member_samples(spec: ModelSpec) -> Iterator[Sample]:
    """Yield IMAGES_PER_MEMBER test images of generated ink for every character in a group; the same in every call."""
    charset = spec.get_charset()
    source = InkSource(charset)
    for index in sorted({charset.index(char) for group in groups_in(charset) for char in group}):
        images = source.images(np.full(IMAGES_PER_MEMBER, index), spec.size, (*STREAM, index))
        for image in images:
            yield Sample(charset.characters[index], image.astype(np.float32) / 255, GENERATED, "generated")


def confusable_rows(found: Iterable[Answer], charset: Charset) -> list[ConfusableRow]:
    """Return a row for every group that has a sample among the answers; a sample counts in each group it belongs to."""
    pairs = np.array([(answer.label, answer.best[0]) for answer in found], np.int64).reshape(-1, 2)
    labels, best = pairs.T
    rows = []
    for group in groups_in(charset):
        members = np.array([charset.index(char) for char in group])
        shown = np.isin(labels, members)
        if shown.any():
            right = best[shown] == labels[shown]
            confused = np.isin(best[shown], members) & ~right
            rows.append(ConfusableRow(
                group="".join(group),
                characters=int(shown.sum()),
                right_percent=round(100 * float(right.mean()), 3),
                confused_percent=round(100 * float(confused.mean()), 3),
            ))  # fmt: skip
    return rows


def confusables_table(rows: list[ConfusableRow]) -> Table:
    """Return the rows as a table for a terminal, lowest accuracy first."""
    table = Table("group")
    for heading in ("characters", "correct, %", "confused within the group, %"):
        table.add_column(heading, justify="right")
    for row in sorted(rows, key=lambda row: row.right_percent):
        table.add_row(row.group, f"{row.characters:,}", f"{row.right_percent:.2f}", f"{row.confused_percent:.2f}")
    return table
