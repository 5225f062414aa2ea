"""XML from strangers: no DOCTYPE, no entities, no network."""

from __future__ import annotations

from typing import Any

from framelens.data.given import decode
from framelens.errors import DataError

__all__ = ["parse"]


def parse(data: bytes, name: str, *roots: str) -> Any:
    """Parse an XML file and check the name of its root.

    Raises
    ------
    DataError
        Broken XML (with line and column), a DOCTYPE or an entity, another root.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if not data.strip():
        raise DataError("the file is empty, expected XML", file=name, remedy="write it again, or take it away")
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise DataError(
            "has a DOCTYPE or entities, which are not read (they can name other files)", file=name
        ) from None
    except ParseError as error:
        line, column = error.position
        where = f"line {line} column {column + 1}"
        raise DataError(f"not valid XML: {str(error).partition(':')[0]}", file=name, where=where) from None
    except (ValueError, LookupError, RecursionError):
        decode(data, name)
        raise DataError("not valid XML: unknown encoding", file=name) from None
    if roots and root.tag not in roots:
        raise DataError(f"the root is {root.tag!r}, expected {' or '.join(roots)}", file=name)
    return root
