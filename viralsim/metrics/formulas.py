"""The formulas behind metrics in money, with the user's own numbers in them, as printed beside the results."""

from __future__ import annotations

import numpy as np

from viralsim.metrics.earned_value import formula_of_value
from viralsim.metrics.registry import defined_metrics
from viralsim.metrics.tallies import Tallies

__all__ = ["formulas"]


def formulas(tallies: Tallies) -> dict[str, str]:
    """Formula of each defined metric in money: name -> text.

    Parameters
    ----------
    tallies : Tallies

    Returns
    -------
    dict of str to str
        Empty where nothing has a price.
    """
    names, found = defined_metrics(tallies), {}
    if "earned_media_value" in names:
        found["earned_media_value"] = f"{formula_of_value(tallies.prices)} (there is no standard one)"
    sales = tallies.sales
    if sales is None:
        return found
    later = f" x (1 + {np.mean(sales.repeat):.3g} later ones)" if sales.repeat.any() else ""
    if "revenue" in names:
        found["revenue"] = f"{sales.price:g} x purchases{later}"
    if "customer_value_direct" in names:
        found["customer_value_direct"] = f"{sales.margin:g} x purchases{later}"
    if "roi" in names:
        caused = f"{sales.margin:g} x (purchases - purchases without the campaign){later}"
        found["roi"] = f"({caused} - cost) / cost"
    return found
