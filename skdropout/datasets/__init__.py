"""The data of the two published comparisons, checked against their SHA-256 before they are read."""

from skdropout.datasets._cifar100 import fetch_cifar100
from skdropout.datasets._sonar import fetch_sonar

__all__ = ["fetch_cifar100", "fetch_sonar"]
