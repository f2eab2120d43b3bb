"""All cases, in the order they run. Each name stands once: the recorded answers are found by it."""

from . import authorization, avatars, conditional, fields, framing, genders, json_syntax, media_types, routes, usernames

GROUPS = (routes, authorization, media_types, framing, conditional, json_syntax, fields, usernames, genders, avatars)


def all_cases():
    cases = {case.name: case for group in GROUPS for case in group.cases()}
    if len(cases) != sum(1 for group in GROUPS for _ in group.cases()):
        raise ValueError("two cases have the same name")
    return list(cases.values())
