"""bqplot and its scales, imported without the warnings about how they declare their traits.

Where warnings are errors (``python -W error``) nobody can mend those of another package.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bqplot
    import bqscales

__all__ = ["bqplot", "bqscales"]
