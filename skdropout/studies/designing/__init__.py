"""What a study is: variants of a network on some rows, a way to resample them, and a conclusion."""

from skdropout.studies.designing._design import ONLY, Design, Variant, Yardstick
from skdropout.studies.designing._fitting import Fit, fit_and_score, validated
from skdropout.studies.designing._material import Material, material_of
from skdropout.studies.designing._resampling import Draws, Folds
from skdropout.studies.designing._study import Study, carry_out

__all__ = [
    "ONLY",
    "Design",
    "Draws",
    "Fit",
    "Folds",
    "Material",
    "Study",
    "Variant",
    "Yardstick",
    "carry_out",
    "fit_and_score",
    "material_of",
    "validated",
]
