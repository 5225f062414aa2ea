"""What a page or the script of a twin holds, packed or not."""

from __future__ import annotations

import base64
import gzip
import json
import re


def unpacked(text: str) -> str:
    return gzip.decompress(base64.b64decode(text)).decode()


def page_of(script: str) -> str:
    """The page that the script of a twin carries."""
    return unpacked(re.findall(r',"([A-Za-z0-9+/=]+)"\);\n$', script)[0])


def part_of(page: str, name: str) -> str:
    """The text of an element of a page."""
    return re.search(rf'id="framelens-{name}"[^>]*>(.*?)</script>', page, re.DOTALL)[1]


def head_of(page: str):
    return json.loads(part_of(page, "head"))
