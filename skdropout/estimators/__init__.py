"""The scikit-learn estimators."""

from skdropout.estimators._conv_classifier import BNConvClassifier
from skdropout.estimators._conv_regressor import BNConvRegressor
from skdropout.estimators._mlp_classifier import DropoutMLPClassifier
from skdropout.estimators._mlp_regressor import DropoutMLPRegressor

__all__ = ["BNConvClassifier", "BNConvRegressor", "DropoutMLPClassifier", "DropoutMLPRegressor"]
