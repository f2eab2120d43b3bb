"""Avatar URLs. DRF tells them by a regular expression, the contract by what a URL parser would have to repair."""

from case import BAD_URL, Contract, label, patch

# Where DRF and the contract agree, whether they accept or reject it.
AS_DRF = [
    # schemes
    "http://a.com", "https://a.com", "HTTP://A.COM/", "hTTps://a.com/x", "mailto:a@b.com", "javascript:alert(1)",
    "javascript://a.com/%0aalert(1)", "data:image/png;base64,AA", "file:///etc/passwd", "file://host.com/x",
    "blob:http://a.com/x", "ws://a.com", "htp://a.com", "http1://a.com", "http+x://a.com", "h ttp://a.com",
    "http ://a.com", "xhttp://a.com", "http.://a.com", "http:://a.com", "http://http://a.com",
    # no scheme, no host, slashes
    "https:host", "https:host.com", "http:a.com", "http:/a.com", "https:/host.com", "http:///", "http:///a.com",
    "http:////a.com", "http//a.com", "://a.com", "//a.com", "/a.jpg", "a.com", "a.com/x.jpg", "www.a.com", "x.jpg",
    "x", "#", "?", ".", "../x", "http://", "https://", "http:", "http", "http://?", "http://#", "http:// ",
    "http://@", "http://user@", "http://user@/x",
    # ports
    "http://a.com:80/", "http://a.com:0/", "http://a.com:65535/", "http://a.com:100000", "http://a.com:",
    "http://a.com:/", "http://a.com:x/", "http://a.com:-1/", "http://a.com:8a/", "http://a.com:80:80",
    "http://a.com:٨٠/",
    # addresses
    "http://127.0.0.1:8000/media/users/avatars/photo22132188258.jpg", "http://1.2.3.4", "http://0.0.0.0",
    "http://255.255.255.255", "http://256.1.1.1", "http://1.2.3", "http://1", "http://0", "http://127.1",
    "http://01.2.3.4", "http://001.002.003.004", "http://1.2.3.4.", "http://1.2.3.4.5", "http://0x7f.0.0.1",
    "http://0x7f000001", "http://2130706433", "http://192.168.0.1.com", "http://١.٢.٣.٤/", "http://[::1]",
    "http://[::1]:80/", "http://[1:2:3:4:5:6:7:8]/x", "http://[::ffff:1.2.3.4]/", "http://[::1/", "http://[]/",
    "http://[::g]", "http://[1:2:3:4:5:6:7:8:9]/", "http://[::1.2.3.4.5]", "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/", "http://[v1.a]/", "http://::1/", "http://[::1]x/", "http://[a.com]", "http://[a.com",
    "http://a.com]",
    # names
    "http://localhost", "http://localhost/x", "http://LOCALHOST", "http://a.co", "http://1.com", "http://a.com.",
    "http://a.com./x", "http://a--b.com",
    "http://-a.com", "http://a-.com", "http://a.-com", "http://a.com-", "http://xn--80ak6aa92e.com", "http://a.xn--p1ai", "http://éxample.com/",
    "http://مثال.ایران/عکس.jpg", "http://münchen.de", "http://例え.jp", "http://例え.テスト", "http://ß.de",
    "http://a .com",
    "http://a.com /x", "http:// a.com", "http://a%2ecom", "http://%61.com", "http://a%00.com", "http://a%20b.com",
    "http://a^b.com", "http://a<b.com", "http://a[b].com", "http://.", "http://..", "http://.a.com", "http://a..com",
    "http://a\u3002com/", "http://x\uff0ecom", 'http://a"b.com', "http://{a}.com", "http://a`b.com",
    "http://a:b:c@d.com", "http://\uff41.com", "http://a.\uff43\uff4f\uff4d", "http://\u2100.com",
    "http://a\uff0fb.com", "http://a.com\uff0fx", "http://xn--a",
    # user and password
    "http://user@a.com", "http://user:pw@a.com/", "http://user:@a.com/", "http://us%20er@a.com",
    "http://a.com:80@b.com", "http://@a.com/", "http://:@a.com/", "http://a@b@c.com", "http://a.com@",
    "http://user:p/w@a.com",
    # path, query and fragment
    "http://a.com?x=1", "http://a.com#f", "http://a.com/?", "http://a.com/#", "http://a.com?", "http://a.com#",
    "http://a.com/a%20b", "http://a.com/%", "http://a.com/%zz", "http://a.com/%00", "http://a.com/é",
    "http://a.com/عکس.jpg", "http://a.com/😀", "http://a.com/x?q=é&b=[1]", "http://a.com/{x}", "http://a.com/<x>",
    'http://a.com/"x"', "http://a.com/'x'", "http://a.com/`x`", "http://a.com/^", "http://a.com/a|b",
    "http://a.com/http://b.com", "http://a.com//b", "http://a.com/../x", "http://a.com/./x", "http://a.com/;x",
    "http://a.com/x#a#b", "http://a.com/x?a?b", "http://a.com/@", "http://a.com/[x]", "http://a.com?[",
    "http://a.com/x;y=z,w!$&'()*+=:@-._~", "http://a.com/\ue000", "http://a.com/\ufffe", "http://a.com/\U0010ffff",
    # white space and back slashes
    "http://a.com/a b", "http://a.com/\xa0x", "http://a.com/\u3000x", "http://a.com/\u2028x", "http://a.com/a\tb",
    "http://a.com/a\nb", "http://a\tb.com/", "ht\ntp://a.com", "http://a.com/\x85x", "http://a.com/\x1cx",
    " http://a.com/ ", "http://a.com\xa0", "http://a.com\\x", "http://a.com/x?\\", "http://a.com/x#\\",
    "http:\\\\a.com\\x", "http:\\/\\/a.com", "http:/\\a.com", "http://a\\b.com",
]  # fmt: skip

REJECTED = [
    "ftp://a.com/x", "ftps://a.com/x", "FTP://a.com", "http://a.com:65536/", "http://a.com:99999", "http://a.com/\\x",
    "http://a.com\\@b.com/", "http://xn--a.com", "http://a\u200cb.com", "http://a\xadb.com", "http://a\u200bb.com/",
    "http://a.com/\u200b", "http://a.com/\u200c", "http://a.com/\u200e", "http://a.com/\ufeff", "http://a.com/\u0600",
    "http://a.com/\U000e0001", "http://a.com/\u2060",
]  # fmt: skip

# A host is what RFC 3986 calls a registered name, in Unicode.
ACCEPTED = [
    "http://😀.com", "http://a.😀",
    "http://\U00010400.com", "http://a!b.com", "http://a$b.com", "http://a&b.com", "http://a*b.com", "http://*.com",
    "http://a+b.com", "http://a=b.com", "http://a~b.com", "http://(a).com", "http://a,com", "http://a.com;x",
    "http://" + "a" * 64 + ".com/", "http://" + ("a" * 50 + ".") * 5 + "com/", "http://intranet/x", "http://a",
    "http://a.b", "http://com", "http://localhostx", "http://localhost.", "http://a.c1", "http://a.1com",
    "http://a_b.com", "http://_a.com", "http://a.b_c.com",
]  # fmt: skip


def cases():
    for url in AS_DRF:
        yield patch(f"avatar {label(url, 90)}", {"avatar": url})
    for url in REJECTED:
        yield patch(f"avatar {label(url, 90)}", {"avatar": url}, Contract("web address", 400, {"avatar": [BAD_URL]}))
    for url in ACCEPTED:
        yield patch(f"avatar {label(url, 90)}", {"avatar": url}, Contract("any host", 200, {"avatar": url}))
    yield from lengths()
    for name, text in {"first": "\\ud800http://a.com", "last": "http://a.com/\\ud800", "alone": "\\udfff"}.items():
        yield patch(f"avatar surrogate {name}", f'{{"avatar":"{text}"}}'.encode())


def lengths():
    for name, unit in (("letters", "a"), ("two-byte letters", "é"), ("astral letters", "😀")):
        for count in (2048, 2049):
            yield patch(f"avatar of {count} {name}", {"avatar": "http://a.com/" + unit * (count - 13)})
    yield patch("avatar of 2,048 in blanks", {"avatar": "  http://a.com/" + "a" * 2035 + "\u3000"})
    yield patch("avatar of 2,049, no URL", {"avatar": "x" * 2049})
    yield patch("avatar of 2,049 with a space", {"avatar": "http://a.com/ " + "a" * 2035})
    yield patch("avatar of 2,049 with NUL", {"avatar": "http://a.com/\0" + "a" * 2035})
    yield patch("avatar of 60,000", {"avatar": "http://a.com/" + "a" * 60_000})
    yield patch("avatar label of 63", {"avatar": "http://" + "a" * 63 + ".com/"})
    yield patch("avatar host of 4 labels of 50", {"avatar": "http://" + ("a" * 50 + ".") * 4 + "com/"})
    yield patch("avatar NUL last", {"avatar": "http://a.com/\0"})
