"""The offline report as a file: what is in it, and what cannot be."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
from PIL import Image

import handmade
from framelens.errors import OptionError
from framelens.report.html import write_report
from framelens.report.page import Bundle, render_page
from framelens.report.thin import thin
from framelens.widgets._assets import asset_text
from framelens.widgets.wire import encode

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "\u2028\u2029",
    "]]>",
    "${alert(1)}",
    "&lt;b&gt;",
    "<noscript><style>",
    "\ud800",
    "' onload='x",
]


class Page(HTMLParser):
    """Elements, and the text of those with an id."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self._inside = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append([dict(attrs), ""])
            self._inside = self.scripts[-1]

    def handle_endtag(self, tag):
        if tag == "script":
            self._inside = None

    def handle_data(self, data):
        if self._inside is not None:
            self._inside[1] += data

    def script(self, identity):
        [text] = [text for attrs, text in self.scripts if attrs.get("id") == identity]
        return text


def written(tmp_path, evaluation, **options):
    return Page(write_report(evaluation, tmp_path / "report.html", **options).read_text(encoding="utf-8"))


def test_the_page_holds_the_payload_as_the_live_widget_gets_it(tmp_path):
    evaluation = handmade.evaluation()
    page, payload = written(tmp_path, evaluation), encode(evaluation)
    head = json.loads(page.script("framelens-head"))
    assert [row for row in head["stamp"] if row[0] != "written"] == payload.head["stamp"]
    assert head["columns"] == payload.head["columns"]
    assert base64.b64decode(page.script("framelens-data")) == payload.buffer
    assert json.loads(page.script("framelens-options")) == {"view": "report", "marks": []}


def test_bands_of_good_values_are_saved_with_their_reasons(tmp_path):
    bands = {"recall": (None, 0.9, "</script><b>why</b>"), ("map50", "dog"): (0.2, 0.4, "rare & small")}
    page = written(tmp_path, handmade.evaluation().with_bands(bands))
    head = json.loads(page.script("framelens-head"))
    recall = next(card for card in head["cards"] if card["id"] == "recall")
    assert (recall["band"], recall["reason"]) == ([None, 0.9], "</script><b>why</b>")
    assert head["class_bands"] == [{"class": 1, "field": "ap50", "band": [0.2, 0.4], "reason": "rare & small"}]
    # and for readers without scripts
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<td>&lt; 0.9 (&lt;/script&gt;&lt;b&gt;why&lt;/b&gt;)</td>" in text
    assert "<tr><th>dog</th><td>ap50</td><td>0.2 to 0.4 (rare &amp; small)</td></tr>" in text


def test_small_frames_are_stored_whole_and_serve_every_example(tmp_path):
    page = written(tmp_path, handmade.evaluation())
    stored = json.loads(page.script("framelens-pictures"))["items"]
    assert [item["kind"] for item in stored] == ["frame"] * 3
    assert {item["frame"] for item in stored} == {0, 1, 2}
    picture = Image.open(BytesIO(base64.b64decode(stored[0]["data"])))
    assert picture.size == (stored[0]["width"], stored[0]["height"]) == (100, 80)
    assert not picture.getexif()


def test_the_author_picks_the_pictures(tmp_path):
    evaluation = handmade.evaluation()
    false_alarms = evaluation.examples("background", "cat")
    for rows in (false_alarms, evaluation.objects.loc[false_alarms["detection"]]):
        page = written(tmp_path, evaluation, pictures=rows)
        [item] = json.loads(page.script("framelens-pictures"))["items"]
        assert (item["kind"], item["frame"]) == ("frame", 2)
    with pytest.raises(OptionError, match=r"ev\.examples"):
        written(tmp_path, evaluation, pictures=evaluation.per_class)
    with pytest.raises(OptionError, match="none of the picked rows"):
        written(tmp_path, evaluation, pictures=false_alarms.iloc[:0])


def test_the_byte_budget_holds(tmp_path):
    stored = json.loads(written(tmp_path, handmade.evaluation(), max_bytes=9_000).script("framelens-pictures"))["items"]
    sizes = [len(base64.b64decode(item["data"])) for item in stored]
    assert 0 < len(sizes) < 3
    assert sum(sizes) <= 9_000


def test_the_date_is_given_or_refused(tmp_path):
    page = written(tmp_path, handmade.evaluation(), date="2026-01-31")
    assert ["written", "2026-01-31"] in json.loads(page.script("framelens-head"))["stamp"]
    with pytest.raises(OptionError, match="YYYY-MM-DD"):
        written(tmp_path, handmade.evaluation(), date="31.1.2026")


def test_a_budget_of_none_stores_none(tmp_path):
    assert json.loads(written(tmp_path, handmade.evaluation(), pictures=0).script("framelens-pictures"))["items"] == []
    with pytest.raises(OptionError, match="pictures"):
        write_report(handmade.evaluation(), tmp_path / "r.html", pictures=-1)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_adds_an_element(tmp_path, name):
    plain = written(tmp_path, handmade.evaluation(classes=("cat", "dog")))
    hostile = written(
        tmp_path, handmade.evaluation(classes=(name, name + "2"), names=(name, "b", "c"), title=name, warnings=(name,))
    )
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert len(hostile.scripts) == 7


def test_the_policy_allows_exactly_the_starter_and_the_style(tmp_path):
    text = write_report(handmade.evaluation(), tmp_path / "report.html").read_text(encoding="utf-8")
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    starter = text.rsplit('<script type="module">', 1)[1].split("</script>")[0]
    style = text.split("<style>")[1].split("</style>")[0]
    for rule, content in (("script-src", starter), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules[rule]
        assert "unsafe" not in rules[rule]
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    assert "http" not in policy


def test_large_data_is_thinned_and_a_large_head_packed(tmp_path):
    rows = [(frame, 0, 5, 5, 10, 10) for frame in range(3_000)]
    names = [f"{frame}.jpg" for frame in range(3_000)]
    evaluation = handmade.evaluation(objects=rows, detections=[(*row, 0.9) for row in rows], names=names)
    page, payload = written(tmp_path, evaluation, pictures=0, date="2026-01-31"), encode(evaluation)
    encoding = {attrs.get("id"): attrs.get("data-encoding") for attrs, _ in page.scripts}
    assert (encoding["framelens-head"], encoding["framelens-data"]) == ("gzip", "thin")
    head = json.loads(gzip.decompress(base64.b64decode(page.script("framelens-head"))))
    assert head["stamp"][-1] == ["written", "2026-01-31"]
    known = {**payload.head, "intervals": head["intervals"]}  # drawn for the report
    assert {**head, "stamp": head["stamp"][:-1]} == json.loads(json.dumps(known))
    assert page.script("framelens-data") == thin(payload.head, payload.buffer)
    assert len(page.script("framelens-data")) < len(payload.buffer) / 10


def test_the_bundles_travel_packed(tmp_path):
    page = written(tmp_path, handmade.evaluation())
    for name in ("module", "panels"):
        text = gzip.decompress(base64.b64decode(page.script(f"framelens-{name}"))).decode()
        assert text == asset_text({"module": "framelens.js", "panels": "panels.js"}[name])


@pytest.mark.parametrize("text", ["a</script>", "a</SCRIPT >", "<!-- x"])
def test_a_bundle_that_would_end_its_element_is_refused(text):
    payload = encode(handmade.evaluation())
    with pytest.raises(ValueError, match="script element"):
        render_page(payload.head, b"", Bundle(text, "", "", ""), pictures={}, options={}, summary="")


def test_equal_input_gives_equal_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = write_report(handmade.evaluation(), tmp_path / "a.html").read_bytes()
    assert write_report(handmade.evaluation(), tmp_path / "b.html").read_bytes() == first
    assert b"2023-11-14" in first


def test_the_plain_tables_hold_the_matrix_for_readers_without_scripts(tmp_path):
    text = write_report(handmade.evaluation(), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<noscript>" in text
    assert "<tr><th>cat</th><td>2</td><td>1</td><td>0</td></tr>" in text
    assert "<tr><th>background</th><td>1</td><td>0</td><td>0</td></tr>" in text


def test_no_path_and_no_user_in_the_page(tmp_path):
    text = write_report(handmade.evaluation(), tmp_path / "report.html").read_text(encoding="utf-8")
    own = text.replace(text.split('id="framelens-module">')[1].split("</script>")[0], "")
    assert str(tmp_path) not in own
    assert "/home/" not in own
    assert "/root/" not in own
