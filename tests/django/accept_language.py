"""Writes what Django answers to `Accept-Language` headers: `tests/it/fixtures/accept-language.tsv`.

Runs in the environment of Django 5.2; `test_language.py` runs it again and compares.
"""

import json
import sys
from itertools import product

import django
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language_from_request
from django.utils.translation.trans_real import get_languages

RANGES = ["en", "fa", "fa-IR", "de", "*"]
QUALITIES = ["", ";q=0", ";q=0.5", ";q=1"]

# As browsers and libraries send them.
FIELD = [
    "en-US,en;q=0.9",
    "en-US,en;q=0.5",
    "fa-IR,fa;q=0.9,en-US;q=0.8,en;q=0.7",
    "fa-IR,fa;q=0.9,en;q=0.8",
    "fa,en-US;q=0.9,en;q=0.8",
    "fa;q=0.9,en;q=0.8,de;q=0.7,*;q=0.5",
    "en-GB,en-US;q=0.9,en;q=0.8",
    "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7,fa;q=0.6",
    "de-DE,de;q=0.9,fa;q=0.8,en;q=0.7",
    "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5",
    "fr-CH, fr;q=0.9, fa;q=0.8, de;q=0.7, *;q=0.5",
    "de, *;q=0.5, fa;q=0.3",
    "de, fa;q=0.5, *;q=0.3",
    "zh-Hans-CN,zh;q=0.9,fa;q=0.1",
    "ar-SA,ar;q=0.9,fa;q=0.5",
    "ckb-IQ,fa;q=0.5",
]

# One range alone: subtags, case, and what is no range.
SINGLE = [
    "", " ", "*", "en", "fa", "FA", "Fa", "EN", "fa-IR", "fa-ir", "FA-IR", "fa-AF", "fa-Arab", "fa-Arab-IR",
    "fa-IR-u-nu-latn", "fa-x-private", "fa-1", "fa-12345678", "fa-123456789", "fa-IR-123456789", "en-GB", "en-001",
    "en-US-x-twain", "en-fa", "fa-en", "de", "de-fa", "prs", "pes", "per", "fas", "eng", "f", "e", "fab", "far",
    "enfa",
    "abcdefgh", "abcdefghi", "fa_IR", "fa.UTF-8", "fa_IR.UTF-8", "fa@latin", "fa-", "-fa", "fa--IR", "fa-IR-", "fa-*",
    "*-IR", "*-fa", "**", "fa*", "f a", "fa IR", "1", "1a", "i-klingon", "x-fa", "und", "mul", "C", "POSIX", "null",
    "undefined", "fa!", "fa/en", "fa:en", "(fa)", '"fa"', "'fa'", "fa=en", "<fa>", "fa\\", "\\fa", "zh-hans", "zh-CN",
    "es-419", "sr-Latn", "en-latn-us", "en-u-ca-persian",
]  # fmt: skip

# The weight of a range, and the space around it.
WEIGHTS = [
    "q=0", "q=0.", "q=0.0", "q=0.000", "q=0.0000", "q=0.001", "q=0.0001", "q=0.5", "q=0.50", "q=0.500", "q=0.5000",
    "q=0.9", "q=0.999", "q=0.9999", "q=1", "q=1.", "q=1.0", "q=1.000", "q=1.0000", "q=1.001", "q=1.1", "q=2", "q=10",
    "q=01", "q=00.5", "q=.5", "q=-1", "q=+1", "q=1e0", "q=1,0", "q=0,5", "q=", "q", "Q=0.5", "q=\"0.5\"", "q =0.5",
    "q= 0.5", "q = 0.5", " q=0.5", "q=0.5 ", "q=0.5;", "q=0.5;q=0.1", "q=0.5;x=1", "x=1", "x=1;q=0.5", "level=1", "",
    "q=nan", "q=inf", "q=0x1", "q=½", "q=0.5\t", "\tq=0.5",
]  # fmt: skip

# Lists: commas, space, empty members, order of equal weights.
LISTS = [
    "fa,en", "en,fa", "fa, en", "fa ,en", "fa , en", "fa,en,", ",fa,en", "fa,,en", "fa, ,en", ",", ",,", "fa,", ",fa",
    " fa", "fa ", "  fa  ,  en  ", "fa\t,\ten", "\tfa", "fa\t", "fa;en", "fa en", "fa|en", "fa;q=0.5,en;q=0.5",
    "en;q=0.5,fa;q=0.5", "fa;q=0.5, en;q=0.50", "fa;q=0.4,en;q=0.5", "fa;q=0.5,en;q=0.4", "de,fa", "de,fr,fa",
    "de,fr",
    "de,en", "fa,de", "*,fa", "fa,*", "*,en", "*;q=0.1,fa;q=0.2", "*;q=0.2,fa;q=0.1", "*;q=0,fa;q=0.1",
    "*;q=0,fa;q=0",
    "fa;q=0,*;q=0", "*;q=0", "*;q=1", "*;q=0.5", "fa;q=0", "en;q=0", "fa;q=0,en", "fa;q=0, en;q=0", "en;q=0,fa;q=0",
    "fa;q=0,de", "fa;q=0,de;q=0.5", "en;q=0,fa;q=0.001", "fa;q=0.001,en;q=0", "de;q=1,fa;q=0,en;q=0", "fa,fa;q=0",
    "fa;q=0,fa", "fa-IR;q=0.9,fa;q=0", "en-US,fa", "fa-IR,en", "fa_IR,en", "en,fa_IR", "fa;q=0.8,en;q=bad",
    "en;q=bad,fa", "de;q=bad,fa", "abcdefghi,fa", "fa,abcdefghi", "fa-123456789,fa", "*-fa,fa", "i-klingon,fa",
    "fa;q=1.0,en;q=1", "en;q=1.000,fa;q=1.0", "fa;q=0.9, en ;q=0.8", "fa; q=0.9, en; q=0.8", "en; q=0.8, fa; q=0.9",
    "fa;  q=0.9,  en;  q=1", "fa ;q=0.9,en ;q=1", "de;q=0.9;fa;q=0.8", "x,y,z,fa", "a,b,c,d,e,f,g,h,en,fa",
    "fa,en,fa",
]  # fmt: skip

# Characters that HTTP allows in a field and no language tag has: Django sees ISO 8859-1.
BYTES = [
    "f\xe0", "\xa0fa", "fa\xa0", "fa\xa0,en", "fa,\xa0en", "de\xa0;q=0.5,fa;q=0.4", "fa\xad", "en\x85,fa",
    "\xd9\x81\xd8\xa7",
]  # fmt: skip

# 500 characters are read: more of them up to a comma, or not at all.
LONG = [
    "de," * 165 + "de,fa",  # 500
    "de," * 166 + "fa",  # 500
    "de," * 166 + "de,fa",
    "de," * 166 + "d,fa",
    "fa," + "de," * 200 + "de",
    "de," * 200 + "fa",
    "fa" + " " * 498,
    "fa" + " " * 499,
    "fa," + " " * 498,
    "fa" + "-abcdefgh" * 55,
    "fa" + "-abcdefgh" * 56,
    "fa," + "x" * 498,
    "fa," + "abcdefgh," * 60 + "en",
    "," + "x" * 500,
    "x" * 501,
    "en;q=0.5," + "de," * 162 + "de,fa",
    "en;q=0.5," + "de," * 164 + "fa",
]


def headers():
    yield from FIELD + SINGLE
    yield from (f"fa;{weight}" for weight in WEIGHTS)
    yield from (f"fa;{weight},en;q=0.7" for weight in WEIGHTS)
    yield from LISTS + BYTES + LONG
    for one, other in product(RANGES, repeat=2):
        if one != other:
            yield from (f"{one}{q},{other}{p}" for q, p in product(QUALITIES, repeat=2))


def answers(header):
    """The language with English as the shop's own, and with Persian."""
    for codes in (["en", "fa"], ["fa", "en"]):
        settings.LANGUAGES, settings.LANGUAGE_CODE = [(code, code) for code in codes], codes[0]
        get_languages.cache_clear()
        request = HttpRequest()
        request.META["HTTP_ACCEPT_LANGUAGE"] = header
        yield get_language_from_request(request)


def main(path):
    settings.configure(USE_I18N=True)
    django.setup()
    lines = [
        f"# Written by tests/django/accept_language.py with Django {django.get_version()}: the language of a",
        "# request by get_language_from_request, for LANGUAGES en,fa and LANGUAGE_CODE en; for LANGUAGES fa,en and",
        "# LANGUAGE_CODE fa; the value of Accept-Language as a JSON string (each character is one byte).",
    ]
    lines += ["\t".join((*answers(header), json.dumps(header))) for header in dict.fromkeys(headers())]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
