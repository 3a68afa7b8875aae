"""Looking at what training did."""

from skdropout.inspection._curves import TrainingCurvesDisplay

__all__ = ["TrainingCurvesDisplay"]
