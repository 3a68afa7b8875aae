"""A drawing of a network for notebooks: its layers in order, as HTML that needs nothing else."""

import math
from html import escape

from skdropout.networks._description import Layer
from skdropout.networks._network import Network

# Colours apart on white and on black; all else is the text colour of the page, or a shade of grey.
_STYLE = """\
.skd-net{display:flex;flex-wrap:wrap;align-items:center;gap:6px 0;margin:8px 0 4px;
font:12px/1.25 system-ui,sans-serif;text-align:center}
.skd-net>*{flex:none}
.skd-net>*+*::before{content:"→";opacity:.45;padding:0 5px}
.skd-net>*{display:flex;align-items:center}
.skd-box{border:1.5px solid currentColor;border-radius:5px;padding:2px 8px;display:flex;
flex-direction:column;justify-content:center;background:rgba(128,128,128,.14)}
.skd-box b{font-size:14px}
.skd-step{border-radius:9px;padding:2px 7px;background:rgba(128,128,128,.14)}
.skd-drop{border:1.5px dashed #d9822b;background:rgba(217,130,43,.2)}
.skd-norm{border:1.5px solid #3c7dc4;background:rgba(60,125,196,.22)}
.skd-max{border-bottom:3px double #2e9c7f}
"""
_LOWEST, _HIGHEST = 38, 86  # pixels: a box of one unit, and one of a thousand or more
_WORDS = {"GlobalAveragePooling2D": "global mean", "flip_shift": "flip and shift"}


def draw(network: Network, *, fitted: bool) -> str:
    """Draw a network; the ends of one that is not fitted have no size yet."""
    inputs = _product(network.input_shape) if fitted else ""
    outputs = str(network.n_outputs) if fitted else ""
    ending = "output" if outputs == "1" else "outputs"
    *hidden, _ = network.layers()
    steps = [_box(inputs, network.inputs), *map(_step, hidden), _box(outputs, ending)]
    items = "".join(f"<span>{step}</span>" for step in steps if step)
    label = f"The layers of the network, from the {network.inputs} to the outputs"
    return (
        f'<style>{_STYLE}</style><div class="skd-net" role="img" aria-label="{label}">{items}</div>'
    )


def _step(layer: Layer) -> str:
    """Draw one layer, or nothing for one that does nothing."""
    options = layer.options
    match layer.kind:
        case "Dense":
            return _kernel(layer, "dense", options["units"])
        case "Conv2D":
            return _kernel(layer, f"conv {_product(options['kernel_size'])}", options["filters"])
        case "Dropout":
            kind = "spatial dropout" if options.get("shared_axes") else "dropout"
            rate = 100 * options["rate"]
            return _chip(f"{kind} {rate:g}%", "skd-drop") if rate else ""
        case "BatchNormalization":
            return _chip("batch norm", "skd-norm")
        case "Activation":
            return _chip(options["activation"])
        case "MaxPooling2D" | "AveragePooling2D":
            return _chip(f"{layer.kind[:3].lower()} pool {_product(options['pool_size'])}")
        case "Augment":
            return _chip(_WORDS.get(options["kinds"], options["kinds"]))
        case kind:
            return _chip(_WORDS.get(kind, kind.lower()))


def _kernel(layer: Layer, name: str, n_units: int) -> str:
    """Draw a layer that has a kernel, the higher the more units it has."""
    lines = [name]
    if "activation" in layer.options:
        lines.append(layer.options["activation"])
    if layer.options.get("max_norm") is None:
        return _box(str(n_units), *lines, n_units=n_units)
    lines.append(f"max-norm {layer.options['max_norm']:g}")
    return _box(str(n_units), *lines, n_units=n_units, mark="skd-max")


def _box(size: str, *lines: str, n_units: int = 1, mark: str = "") -> str:
    height = _LOWEST + min(math.log10(n_units) / 3, 1) * (_HIGHEST - _LOWEST)
    text = "<br>".join(map(escape, lines))
    style = f'class="skd-box {mark}" style="min-height:{height:.0f}px"'
    return f"<span {style}><b>{escape(size)}</b><span>{text}</span></span>"


def _chip(text: str, mark: str = "") -> str:
    return f'<span class="skd-step {mark}">{escape(text)}</span>'


def _product(lengths: tuple[int, ...]) -> str:
    return "×".join(map(str, lengths))
