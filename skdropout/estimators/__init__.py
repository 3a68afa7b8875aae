"""The scikit-learn estimators."""

from skdropout.estimators._conv import BNConvClassifier, BNConvRegressor
from skdropout.estimators._mlp import DropoutMLPClassifier, DropoutMLPRegressor

__all__ = ["BNConvClassifier", "BNConvRegressor", "DropoutMLPClassifier", "DropoutMLPRegressor"]
