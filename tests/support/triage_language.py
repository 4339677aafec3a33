"""The table's rows that language decides: denials, things that are over, questions, look-alikes, odd writing."""

from hazardlens.model.taxonomy import Category, Urgency
from support.triage import Case

DENIED = [
    Case("zh nothing blocked", Category.OTHER, Urgency.ROUTINE, "没有堵塞", why=("text_unknown",)),
    Case("zh exit not blocked", Category.NOT_A_HAZARD, Urgency.NONE, "安全出口没有被堵", why=("text_denied",)),
    Case("zh exit not occupied", Category.NOT_A_HAZARD, Urgency.NONE, "安全出口未被占用", why=("text_denied",)),
    Case(
        "zh this, not that",
        Category.DANGLING_CABLE,
        Urgency.IMMEDIATE,
        "不是井盖破损，是电缆垂落",
        why=("text_cable", "text_denied"),
    ),
    Case("zh not a manhole", Category.OTHER, Urgency.ROUTINE, "不是井盖"),
    Case("zh sound cover", Category.OTHER, Urgency.ROUTINE, "井盖完好"),
    Case("zh no leak", Category.NOT_A_HAZARD, Urgency.NONE, "水管没有漏水", why=("text_denied",)),
    Case("zh no one hurt", Category.DAMAGED_WALL, Urgency.ROUTINE, "墙皮脱落，无人受伤", not_why=("injury",)),
    Case("zh nobody cares is no denial", Category.BLOCKED_FIRE_EXIT, Urgency.URGENT, "没人管消防通道堵塞"),
    Case(
        "zh not only is no denial",
        Category.BLOCKED_FIRE_EXIT,
        Urgency.URGENT,
        "消防通道不仅占用，还上不去",
        not_why=("text_denied",),
    ),
    Case("zh a denial ends with its clause", Category.DANGLING_CABLE, Urgency.IMMEDIATE, "没有路灯，电缆垂落"),
    Case("zh fixed", Category.NOT_A_HAZARD, Urgency.NONE, "井盖翘起，已经修好了", why=("text_resolved",), human=True),
    Case(
        "zh fixed, next sentence", Category.NOT_A_HAZARD, Urgency.NONE, "井盖丢了。已经修好了。", why=("text_resolved",)
    ),
    Case("zh only fixed", Category.NOT_A_HAZARD, Urgency.NONE, "已经修好了", why=("text_settled",)),
    Case("zh fixed and broken again", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "井盖坏了，修好了，又坏了"),
    Case(
        "zh fixed, and broken again later", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "井盖坏了。修好了。又坏了。"
    ),
    Case(
        "zh fixed: the sentence before is another matter",
        Category.DANGLING_CABLE,
        Urgency.IMMEDIATE,
        "电缆掉了。井盖坏了，已修好",
    ),
    Case(
        "zh fixed takes no alarm back",
        Category.OTHER,
        Urgency.IMMEDIATE,
        "墙体开裂，有人触电，已修好",
        why=("electric_shock", "text_resolved"),
    ),
    Case(
        "zh a guess beside a fact still raises",
        Category.UNHYGIENIC_KITCHEN,
        Urgency.URGENT,
        "厨房很脏。好像厨房有蟑螂",
        why=("text_kitchen_pest",),
        not_why=("text_uncertain",),
    ),
    Case("zh perhaps fixed", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "井盖翘起，好像已经修好了"),
    Case("zh not fixed yet", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "井盖破损，还没修好"),
    Case("zh asks for a repair", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "井盖破损，什么时候能修好"),
    Case(
        "zh one fixed, another not",
        Category.DANGLING_CABLE,
        Urgency.IMMEDIATE,
        "井盖坏了已修好，现在电缆掉了",
        why=("text_resolved",),
    ),
    Case("zh denied but", Category.OTHER, Urgency.ROUTINE, "没有电缆垂落，但是有别的问题", why=("text_denied",)),
    Case("zh a denial ends with a space", Category.DANGLING_CABLE, Urgency.IMMEDIATE, "没有灯 电缆垂落"),
    Case(
        "zh a denial of the subject",
        Category.NOT_A_HAZARD,
        Urgency.NONE,
        "没有电缆从电线杆上面掉落",
        why=("text_denied",),
    ),
    Case(
        "zh a short denial is for the next word", Category.RAISED_MANHOLE_COVER, Urgency.IMMEDIATE, "不知谁把井盖偷走了"
    ),
    Case(
        "zh question",
        Category.RAISED_MANHOLE_COVER,
        Urgency.URGENT,
        "是不是井盖坏了？",
        why=("text_uncertain",),
        human=True,
        confidence=0.48,
    ),
    Case(
        "zh guess after the fact is no doubt",
        Category.RAISED_MANHOLE_COVER,
        Urgency.URGENT,
        "井盖坏了，可能要换",
        not_why=("text_uncertain",),
    ),
    Case("en not blocked", Category.OTHER, Urgency.ROUTINE, "not blocked", why=("text_unknown",)),
    Case(
        "en exit not blocked", Category.NOT_A_HAZARD, Urgency.NONE, "the fire exit is not blocked", why=("text_denied",)
    ),
    Case("en isn't", Category.NOT_A_HAZARD, Urgency.NONE, "The kitchen isn't dirty", why=("text_denied",)),
    Case("en no smell", Category.OTHER, Urgency.ROUTINE, "no smell of gas", not_why=("gas_leak",)),
    Case(
        "en a denial ends at and",
        Category.DANGLING_CABLE,
        Urgency.IMMEDIATE,
        "There is no light and cables are hanging",
        not_why=("text_denied",),
    ),
    Case(
        "en no, it is",
        Category.BLOCKED_FIRE_EXIT,
        Urgency.URGENT,
        "No, the fire exit is blocked",
        not_why=("text_denied",),
    ),
    Case(
        "en fixed",
        Category.NOT_A_HAZARD,
        Urgency.NONE,
        "The manhole cover was broken but has been fixed",
        why=("text_resolved",),
    ),
    Case("en please fix", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "Broken manhole cover, it should be fixed"),
    Case(
        "en still broken", Category.ELEVATOR_FAULT, Urgency.URGENT, "elevator broken, was repaired, still not working"
    ),
    Case("en perhaps", Category.BURST_PIPE, Urgency.URGENT, "maybe a burst pipe?", why=("text_uncertain",)),
]

LOOKALIKES = [
    Case("cable trench", Category.OTHER, Urgency.ROUTINE, "电缆沟盖板"),
    Case("sorting rubbish", Category.OTHER, Urgency.ROUTINE, "垃圾分类宣传"),
    Case("a state ahead stays in its clause", Category.OTHER, Urgency.ROUTINE, "手机丢了，井盖旁边"),
    Case("cable car", Category.OTHER, Urgency.ROUTINE, "The cable car is down"),
    Case("cable television", Category.OTHER, Urgency.ROUTINE, "cable TV is down"),
    Case("wireless is no wire", Category.OTHER, Urgency.ROUTINE, "wireless down again"),
    Case("exit alone", Category.OTHER, Urgency.ROUTINE, "exit"),
    Case("stairs alone", Category.OTHER, Urgency.ROUTINE, "楼梯"),
    Case("traffic jam", Category.OTHER, Urgency.ROUTINE, "高速出口堵车"),
    Case("firewall", Category.OTHER, Urgency.ROUTINE, "防火墙坏了"),
    Case("beside the lift", Category.OTHER, Urgency.ROUTINE, "电梯旁的灯坏了"),
    Case("fire risk is no fire", Category.STACKED_CLUTTER, Urgency.ROUTINE, "乱堆乱放，有火灾隐患", not_why=("fire",)),
    Case(
        "if it burns is no fire", Category.STACKED_CLUTTER, Urgency.ROUTINE, "乱堆，万一着火怎么办", not_why=("fire",)
    ),
    Case(
        "an emergency exit is no emergency",
        Category.BLOCKED_FIRE_EXIT,
        Urgency.URGENT,
        "emergency exit blocked",
        not_why=("said_urgent",),
    ),
    Case(
        "a state belongs to the nearest subject",
        Category.DAMAGED_WALL,
        Urgency.ROUTINE,
        "电缆很整齐，墙皮掉了",
        not_why=("text_cable",),
    ),
    Case("part of a word is no word", Category.OTHER, Urgency.ROUTINE, "cabled and binned"),
]

WRITTEN = [
    Case("traditional forms", Category.DANGLING_CABLE, Urgency.IMMEDIATE, "電纜垂落"),
    Case("traditional forms of a cover", Category.RAISED_MANHOLE_COVER, Urgency.IMMEDIATE, "井蓋不見了"),
    Case("full width", Category.DANGLING_CABLE, Urgency.IMMEDIATE, "Ｃａｂｌｅｓ　ｈａｎｇｉｎｇ"),
    Case("zero width between", Category.RAISED_MANHOLE_COVER, Urgency.URGENT, "井\u200b盖\ufeff翘\u2060起"),
    Case("emoji between", Category.RAISED_MANHOLE_COVER, Urgency.IMMEDIATE, "井盖🕳️👷🏽‍♀️没了😱"),
    Case("capitals and hyphens", Category.DISORDERLY_BICYCLES, Urgency.ROUTINE, "E-BIKES SCATTERED"),
    Case("line breaks", Category.BURST_PIPE, Urgency.URGENT, "求助\r\n水管\t漏水\r\n"),
    Case("half a surrogate", Category.BURST_PIPE, Urgency.URGENT, "\ud83d水管漏水\udc00"),
    Case("only marks", Category.NOT_A_HAZARD, Urgency.NONE, "？！…。,.", why=("no_evidence",)),
    Case("only emoji", Category.NOT_A_HAZARD, Urgency.NONE, "😱😱", why=("no_evidence",)),
    Case("other language", Category.OTHER, Urgency.ROUTINE, "トイレはどこですか", why=("text_unknown",)),
    Case(
        "very long",
        Category.BURST_PIPE,
        Urgency.URGENT,
        "水管漏水" + "啊" * 100_000,
        why=("text_truncated",),
        human=True,
    ),
    Case("both languages in one report", Category.RAISED_MANHOLE_COVER, Urgency.IMMEDIATE, "manhole 丢了"),
    Case("markup is only marks", Category.BURST_PIPE, Urgency.URGENT, "<b>水管</b>{漏水} %s {0}"),
]

LANGUAGE_CASES = [*DENIED, *LOOKALIKES, *WRITTEN]
