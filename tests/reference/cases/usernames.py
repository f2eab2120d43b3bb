"""Usernames: letters and numbers of any script, five marks, and no two that look alike."""

from case import TAKEN, Contract, label, patch

OTHERS_TAKE = Contract("taken", 400, {"username": [TAKEN]})

AS_DRF = [
    "reza", "Reza", "a", "a.b", "a@b", "a+b", "a-b", "a_b", "+", "-", ".", "@", "_", "..", "1", "0123", "customer1",
    "Customer1", "customer2", "customer2 ", " customer3", "customer22", "é", "e\u0301", "سارا", "س\u200cارا",
    "س\u064eارا", "१२", "۱۲۳", "Ⅷ", "½", "²", "ªº", "ʰ", "ー", "ǅ", "漢字", "𝒜", "𝟘", "ゝ", "々", "〇", "㊀", "①", "Ⓐ",
    "\U0001f130", "\U0001f100", "\u0bf0", "\u0f33", "\u2070", "\u1d2c", "\u2e2f", "１", "Ａ", "\U00016b40", "\u309b",
    "\u02c2", "\u0374", "\u1369", "\u19da", "\u2c7c", "\U00010140", "\u115f", "\u3164", "\uffa0", "ﬁ", "ß", "İ", "ı",
    "ς", "\u0345", "\u20e3", "\u203f", "\u2040", "\uff3f", "a\ufe4fb", "\u00b7", "\u0387", "\u1885", "\ua66f",
    "\u0903", "\u0488", "\U0001f1e6", "😀", "$", "€", "a\u00adb", "a/b", "a,b", "a'b", 'a"b', "<a>", "a b", "a\nb",
    "a\n", "a\u3000b", "a:b", "a;b", "a#b", "a!b", "a?b", "a&b", "a=b", "a*b", "a%b", "a\\b", "a|b", "a~b", "a`b",
    "a^b", "a(b)", "a[b]", "a{b}", "a\u200bb", "a\ufeffb",
]  # fmt: skip

TAKEN_ALIKE = [
    "CUSTOMER2", "Customer2", "cUsToMeR2", " Customer2 ", "ｃｕｓｔｏｍｅｒ２", "customer²", "cu\u017ftomer2",
    "customer\uff12",
]  # fmt: skip


def cases():
    for username in AS_DRF:
        yield patch(f"username {label(username)}", {"username": username})
    for username in TAKEN_ALIKE:
        yield patch(f"username taken {label(username)}", {"username": username}, OTHERS_TAKE)
    for name, unit in (("letters", "a"), ("Persian letters", "س"), ("astral letters", "𝒜")):
        for count in (149, 150, 151):
            yield patch(f"username of {count} {name}", {"username": unit * count})
    yield patch("username of 151 with a space", {"username": "a b" + "c" * 148})
    yield patch("username of 151 with a space and NUL", {"username": "a b\0" + "c" * 147})
    yield patch("username of 150 in blanks", {"username": " " + "c" * 150 + "\t"})
    for name, text in {
        "alone": "\\ud800",
        "in a name": "re\\udfffza",
        "with everything": " a b\\udabc\\u0000" + "c" * 150,
    }.items():
        yield patch(f"username surrogate {name}", f'{{"username":"{text}"}}'.encode())
