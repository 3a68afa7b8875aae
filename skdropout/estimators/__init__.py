"""The scikit-learn estimators."""

from skdropout.estimators._mlp import DropoutMLPClassifier

__all__ = ["DropoutMLPClassifier"]
