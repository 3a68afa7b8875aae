"""The published comparisons, repeated: their protocols, and their numbers beside ours."""

from skdropout.studies.published._cifar100_study import repeat_cifar100
from skdropout.studies.published._sonar_study import repeat_sonar

__all__ = ["repeat_cifar100", "repeat_sonar"]
