"""Pages of earlier versions, of later ones, of strangers, and what no page may tell."""

from __future__ import annotations

import base64
import getpass
import itertools
import json
import random
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import handmade
from browser.jupyter import watch
from framelens.report.html import Subject, write_report
from framelens.report.page import Bundle, render_page
from framelens.report.twin import make_twin
from framelens.widgets._assets import asset_text
from framelens.widgets.wire import encode
from report.insides import page_of

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.json"))
PIECES = (
    "</script>", "<!--", "<script>", "<img src=x onerror=hacked=1>", "<svg onload=hacked=1>", "'", '"', "&lt;", "]]>",
    "\u2028", "${hacked=1}", "{{7*7}}", "javascript:hacked=1", "<style>*{display:none}", "</style>", "<base href=//a>",
    "\u202e", "\\u003c", "<iframe srcdoc=x>", "__proto__",
)  # fmt: skip


def page_text(head, data, pictures, options):
    names = ("framelens.js", "panels.js", "framelens.css", "report.js")
    bundle = Bundle(*map(asset_text, names))
    return render_page(head, data, bundle, pictures=pictures, options=options, summary="<p>plain numbers</p>")


@pytest.fixture
def open_page(browser, tmp_path):
    context = browser.new_context(viewport={"width": 900, "height": 700})
    context.set_offline(True)
    page = context.new_page()
    traffic = watch(page)

    def open_text(text):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        page.goto(path.as_uri())
        page.wait_for_selector("#framelens-root[data-state]")
        return page, traffic

    yield open_text
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_a_page_of_every_released_version_opens(open_page, path):
    frozen = json.loads(path.read_text())
    data = base64.b64decode(frozen["data"])
    page, traffic = open_page(page_text(frozen["head"], data, frozen["pictures"], frozen["options"]))
    assert page.get_attribute("#framelens-root", "data-state") == "ready"
    page.locator(".fl-gallery[data-cells='0,1']").wait_for()
    assert page.locator(".fl-thumb").count() == frozen["counts"][0][1]
    page.locator(".fl-picture[data-picture=shown]").first.wait_for()
    assert traffic.outside == []
    assert traffic.errors == []


@pytest.mark.browser
def test_a_page_of_a_later_version_says_so_and_keeps_its_plain_numbers(open_page):
    payload = encode(handmade.evaluation())
    page, _ = open_page(page_text({**payload.head, "schema": 999}, payload.buffer, {"items": []}, {}))
    assert page.get_attribute("#framelens-root", "data-state") == "error"
    text = page.inner_text("#framelens-root")
    assert "999" in text
    assert "plain numbers" in text


@pytest.fixture(scope="module")
def strange_states(tmp_path_factory):
    tool = Path(__file__).resolve().parents[3] / "shared" / "tools" / "adversarial.py"
    if not tool.is_file():
        pytest.skip("adversarial.py not found beside the checkout")
    folder = tmp_path_factory.mktemp("states") / "pack"
    subprocess.run([sys.executable, str(tool), "make", str(folder)], check=True, capture_output=True, timeout=120)
    return folder / "other_05_old_and_new_state"


@pytest.mark.browser
@pytest.mark.parametrize("name", ["state_v0", "state_v999", "state_bad", "state_hostile"])
def test_a_state_of_another_maker_is_refused_in_words(open_page, strange_states, name):
    # no release of framelens wrote version 0, so that it is as foreign as the others
    head = {"title": "state", **json.loads((strange_states / f"{name}.json").read_text())}
    page, traffic = open_page(page_text(head, b"", {"items": []}, {}))
    assert page.get_attribute("#framelens-root", "data-state") == "error"
    text = page.inner_text("#framelens-root")
    assert "plain numbers" in text
    assert "payload has schema" in text or "payload head" in text
    assert (traffic.outside, "PWNED" in page.title()) == ([], False)
    assert all(error.startswith("framelens: PayloadError") for error in traffic.errors)  # said in the console too


def hostile_names(count=2000):
    names = ("".join(parts) for length in (1, 2, 3) for parts in itertools.product(PIECES, repeat=length))
    return tuple(itertools.islice(names, count))


def test_two_thousand_hostile_names_add_no_element(tmp_path):
    names = hostile_names()
    assert len(set(names)) == 2000
    hostile, plain = (
        write_report(handmade.evaluation(classes=classes, title=classes[7]), tmp_path / "r.html").read_text()
        for classes in (names, tuple(f"class {number}" for number in range(2000)))
    )
    count = [len(re.findall(r"<script\b", text)) for text in (hostile, plain)]
    assert count[0] == count[1] == 7


@pytest.mark.browser
def test_hostile_names_run_nothing(open_page):
    payload = encode(handmade.evaluation(classes=hostile_names(), title=PIECES[3]))
    page, traffic = open_page(page_text(payload.head, payload.buffer, {"items": []}, {"view": "report"}))
    assert page.get_attribute("#framelens-root", "data-state") == "ready"
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 7
    assert page.locator("#framelens-root :is(script, iframe, base, style)").count() == 0
    assert traffic.outside == []


def mutated(value, chance):
    """Change something somewhere in JSON."""
    if isinstance(value, dict) and value:
        key = chance.choice(sorted(value))
        odd = (None, -1, 1e308, "x" * 300, [], {}, True, "</script>")
        if chance.random() < 0.35:
            return {**value, key: chance.choice(odd)}
        if chance.random() < 0.2:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: mutated(value[key], chance)}
    if isinstance(value, list) and value:
        place = chance.randrange(len(value))
        return [*value[:place], mutated(value[place], chance), *value[place + 1 :]][: chance.choice((None, place + 1))]
    return chance.choice((None, -1, 2**40, "\u202e<b>", [], {"a": 1}))


@pytest.mark.browser
def test_two_hundred_mutated_states_open_without_exception_or_request(open_page):
    frozen = json.loads(FROZEN[0].read_text())
    data = base64.b64decode(frozen["data"])
    states, opened = set(), set()
    for seed in range(200):
        chance = random.Random(seed)
        parts = {"head": frozen["head"], "pictures": frozen["pictures"], "options": frozen["options"], "data": data}
        what = chance.choice(sorted(parts))
        if what == "data":
            place = chance.randrange(len(data))
            parts["data"] = data[:place] + bytes(chance.choices(range(256), k=8)) + data[place + 8 :]
        else:
            parts[what] = mutated(parts[what], chance)
        head = parts["head"] if isinstance(parts["head"], dict) else {}
        title = head.get("title") if isinstance(head.get("title"), str) else ""
        checklist = head.get("checklist")
        text = page_text({**head, "title": title, "checklist": []}, parts["data"], parts["pictures"], parts["options"])
        text = text.replace('"checklist":[]', f'"checklist":{json.dumps(checklist).replace("<", "")}')
        if text in opened:  # some changes come twice
            continue
        opened.add(text)
        page, traffic = open_page(text)
        states.add(page.get_attribute("#framelens-root", "data-state"))
        assert [error for error in traffic.errors if not error.startswith("framelens:")] == [], seed
        assert traffic.outside == [], seed
    assert states == {"ready", "error"}
    assert len(opened) > 150


def test_nothing_tells_where_or_by_whom_it_was_made(tmp_path, monkeypatch):
    import numpy as np
    from PIL import Image

    import framelens

    folder = tmp_path / "secret-folder"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x013B] = "secret-artist"
    exif[0x010E] = "secret-place"
    Image.fromarray(np.full((80, 100, 3), 90, np.uint8)).save(folder / "a.jpg", exif=exif)
    truth = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, 30, 30], "area": 900, "iscrowd": 0}],
        "categories": [{"id": 1, "name": "cat"}],
    }
    (folder / "truth.json").write_text(json.dumps(truth))
    (folder / "found.json").write_text(
        json.dumps([{"image_id": 1, "category_id": 1, "bbox": [5, 5, 30, 30], "score": 0.9}])
    )
    monkeypatch.chdir(tmp_path)
    ev = framelens.evaluate(folder / "truth.json", folder / "found.json", frames=folder)
    (folder / "exp").mkdir()
    (folder / "exp" / "results.csv").write_text("epoch,train/box_loss,metrics/mAP50(B)\n1,1.5,0.4\n2,1.2,0.5\n")
    both, charts = framelens.compare({"old": ev, "new": ev}), framelens.epoch_charts(folder / "exp")
    subjects = (Subject(ev, encode(ev)), charts.subject(), both.widget().subject())
    twins = [make_twin(subject, "fl-1", traits={}) for subject in subjects]
    pages = [write_report(ev, tmp_path / "r.html").read_bytes(), both.report(tmp_path / "c.html").read_bytes()]
    pages += [page_of(twin).encode() for twin in twins]
    pictures = [base64.b64decode(found) for text in pages for found in re.findall(rb'"data":"(/9j[^"]+)"', text)]
    assert len(pictures) >= 4
    # what is left of a page without our own code
    code = rb'(?s)id="framelens-(module|panels)">.*?</script>|<script type="module">.*?</script>'
    outputs = [re.sub(code, b"", page) for page in pages]
    assert all(b"framelens-head" in output for output in outputs)
    dashboard = ev.dashboard()
    for one in (ev, both, charts):
        outputs += [path.read_bytes() for path in one.export(tmp_path / "out")]
    for widget in (dashboard, charts, both.widget()):
        outputs.append(json.dumps(widget._repr_mimebundle_()).encode())
    outputs.append(json.dumps(dashboard.matrix.head).encode())
    dashboard.close()
    charts.close()
    words = {"secret", str(Path.home()) + "/", "@" + socket.gethostname(), socket.gethostname() + "."}
    words |= {getpass.getuser() + "/", "/" + getpass.getuser(), str(tmp_path)}
    for output in [*outputs, *pictures]:
        for word in words:
            assert word.encode() not in output
        assert b"Exif" not in output
