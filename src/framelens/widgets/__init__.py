"""Live views in a notebook, and the one encoder behind them."""
