"""A browser in Django's admin: it logs in, reads a form and submits it."""

import re
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener


class Admin:
    def __init__(self, django):
        self.url = "http://{}:{}/admin/".format(*django.address)
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))
        self.submit("login/", username="admin", password="admin", next="/admin/")

    def form(self, page):
        """The fields of a page's form as a browser would send them back."""
        return Form(self.opener.open(self.url + page).read().decode()).values

    def submit(self, page, **values):
        """Sends a form with these values alone."""
        token = self.form(page)["csrfmiddlewaretoken"]
        self.send(page, values | {"csrfmiddlewaretoken": token})

    def change(self, page, **values):
        """Sends a page's form with everything that is in it and with these values changed."""
        self.send(page, self.form(page) | values)

    def send(self, page, values):
        values = {name: value for name, value in values.items() if value not in (None, False)}
        answer = self.opener.open(self.url + page, urlencode(values, doseq=True).encode())
        text = answer.read().decode()
        if "errornote" in text:
            raise RuntimeError(re.findall(r'errorlist.*?</ul>', text, re.DOTALL))


class Form(HTMLParser):
    """Inputs, selects and text areas of the page."""

    def __init__(self, page):
        super().__init__()
        self.values, self.select = {}, None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name, value = attributes.get("name"), attributes.get("value", "")
        if tag == "select":
            self.select = name
        elif tag == "option" and "selected" in attributes and value:
            self.values[self.select] = value
        elif tag == "input" and name and attributes.get("type") not in ("submit", "checkbox", "radio"):
            self.values[name] = value
        elif tag == "input" and name and attributes.get("type") == "checkbox" and "checked" in attributes:
            self.values[name] = attributes.get("value", "on")

