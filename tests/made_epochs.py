"""Two frames with a cat and a dog each, and what a model found in them after each of three epochs."""

from __future__ import annotations

import pandas as pd

TRUTH = pd.DataFrame(
    {
        "frame": ["a", "a", "b", "b"],
        "class": ["cat", "dog", "cat", "dog"],
        "x": [10, 80, 10, 80],
        "y": 10,
        "width": 40,
        "height": 40,
    }
)
FOUND = TRUTH.assign(score=0.9)
#: epoch 1: the cat of a is called a dog, the dog of b is missed; epoch 2: all right but for a false alarm in b;
#: epoch 3: the dog of a is missed
ALARM = pd.DataFrame({"frame": ["b"], "class": ["cat"], "x": 200, "y": 200, "width": 20, "height": 20, "score": 0.9})
EPOCHS = {
    1: FOUND.assign(**{"class": ["dog", "dog", "cat", "dog"]}).iloc[:3],
    2: pd.concat([FOUND, ALARM], ignore_index=True),
    3: FOUND.drop(1),
}
